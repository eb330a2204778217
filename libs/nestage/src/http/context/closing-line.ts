import type { ServerResponse } from 'node:http';
import type { RequestContext } from '../../core/context/request-context.js';
import { isPlainText } from '../../logging/values/plain-text.js';

/**
 * The last line of a request, when its answer has left or its client has gone: `Request finished: POST /v1/x 200, cost 12.3 ms`, with tier and
 * code of an error.
 * @internal
 */
export function tellClosing(context: RequestContext, response: ServerResponse, durationMs: number): void {
  const { method = '', url = '' } = response.req;
  const { failure, logger } = context;
  const told = failure ? `, tier ${failure.tier}, error ${failure.code}` : '';
  const target = `${method} ${url}`;
  const message = `Request finished: ${target} ${outcome(context, response)}${told}, cost ${durationMs.toFixed(1)} ms`;
  if (!failure && isPlainText(target)) logger.plain(message);
  else logger.info(message);
}

function outcome({ abortedBy }: RequestContext, response: ServerResponse): string {
  return response.writableFinished || !abortedBy ? String(response.statusCode) : `aborted (${abortedBy.abortCause})`;
}
