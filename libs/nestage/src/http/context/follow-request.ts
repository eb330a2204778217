import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Clock } from '../../common/clock.js';
import type { RequestContext } from '../../core/context/request-context.js';
import type { FinishedRequest, RequestEvents } from '../../core/context/request-events.js';
import { type ClassifiedError, classifyError } from '../../core/errors/classify-error.js';
import { bodyOf } from '../request-of.js';

/** @internal */
export interface FollowRequestInit {
  readonly context: RequestContext;
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly clock: Clock;
  readonly events: RequestEvents;
}

/** Status of a request whose client left before any answer. */
const CLIENT_CLOSED_REQUEST = 499;

/**
 * Tells the rooms that a request has come, and what became of it when it is over.
 * @internal
 */
export function followRequest({ context, request, response, clock, events }: FollowRequestInit): void {
  const method = request.method ?? '';
  const { socket } = request; // the response lets go of it before it closes
  const writtenBefore = socket.bytesWritten;
  events.started(context, method);
  context.onDispose(() => {
    const isWhole = response.writableFinished || !context.abortedBy;
    const finished: FinishedRequest = {
      context,
      method,
      status: isWhole || response.headersSent ? response.statusCode : CLIENT_CLOSED_REQUEST,
      failure: context.failure ?? (isWhole ? undefined : abortOf(context)),
      abortedBy: context.abortedBy?.abortCause,
      durationMs: clock.elapsed() - context.startedAt,
      bytesIn: bodyOf(request)?.bytes ?? 0,
      bytesOut: socket.bytesWritten - writtenBefore || 0, // NaN where a test injects a request without a socket
    };
    events.finished(finished);
  });
}

function abortOf({ abortedBy }: RequestContext): ClassifiedError | undefined {
  return abortedBy && classifyError(abortedBy);
}
