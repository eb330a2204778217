import type { ServerResponse } from 'node:http';
import type { Clock } from '../../common/clock.js';
import type { RequestContext } from '../../core/context/request-context.js';
import type { ClassifiedError } from '../../core/errors/classify-error.js';

const CLAIMED = Symbol('nestage:closing-line');
const FAILURE = Symbol('nestage:failure');

/**
 * Sees to it that a request's last line is written, once, when its answer has left or its client has gone:
 * `Request finished: POST /v1/x 200, cost 12.3 ms`, with tier and code of an error.
 * @internal
 */
export function writeClosingLine(context: RequestContext, response: ServerResponse, clock: Clock): void {
  if (context.state.has(CLAIMED)) return;
  context.state.set(CLAIMED, true);
  context.onDispose(() => {
    const cost = (clock.elapsed() - context.startedAt).toFixed(1);
    const { method = '', url = '' } = response.req;
    context.logger.info(`Request finished: ${method} ${url} ${outcome(context, response)}, cost ${cost} ms`);
  });
}

/** Keeps an error's verdict for the closing line. @internal */
export function noteFailure(context: RequestContext, failure: ClassifiedError): void {
  context.state.set(FAILURE, failure);
}

/** The verdict that was kept, if the request failed. @internal */
export function failureOf(context: RequestContext): ClassifiedError | undefined {
  return context.state.get(FAILURE) as ClassifiedError | undefined;
}

function outcome(context: RequestContext, response: ServerResponse): string {
  const failure = failureOf(context);
  const status =
    response.writableFinished || !context.abortedBy ? String(response.statusCode) : `aborted (${context.abortedBy.abortCause})`;
  return failure ? `${status}, tier ${failure.tier}, error ${failure.code}` : status;
}
