import type { ServerResponse } from 'node:http';
import type { Clock } from '../../common/clock.js';
import type { RequestContext } from '../../core/context/request-context.js';
import { isPlainText } from '../../logging/values/plain-text.js';

/**
 * Sees to it that a request's last line is written, once, when its answer has left or its client has gone:
 * `Request finished: POST /v1/x 200, cost 12.3 ms`, with tier and code of an error.
 * @internal
 */
export function writeClosingLine(context: RequestContext, response: ServerResponse, clock: Clock): void {
  if (context.hasClosingLine) return;
  context.hasClosingLine = true;
  context.onDispose(() => {
    const cost = (clock.elapsed() - context.startedAt).toFixed(1);
    const { method = '', url = '' } = response.req;
    const { failure } = context;
    const told = failure ? `, tier ${failure.tier}, error ${failure.code}` : '';
    const target = `${method} ${url}`;
    const message = `Request finished: ${target} ${outcome(context, response)}${told}, cost ${cost} ms`;
    if (!failure && isPlainText(target)) context.logger.plain(message);
    else context.logger.info(message);
  });
}

function outcome({ abortedBy }: RequestContext, response: ServerResponse): string {
  return response.writableFinished || !abortedBy ? String(response.statusCode) : `aborted (${abortedBy.abortCause})`;
}
