import type { IncomingMessage, ServerResponse } from 'node:http';
import { Injectable } from '@nestjs/common';
import { systemClock } from '../../common/clock.js';
import { acceptLogId, LogIdMint } from '../../core/context/log-id.js';
import { RequestContext } from '../../core/context/request-context.js';
import { RequestEvents } from '../../core/context/request-events.js';
import { LogWriter } from '../../core/log/log-writer.js';
import { workerNumber } from './worker-number.js';
import { bindContext } from '../request-of.js';
import { InFlightRequests } from './in-flight.js';
import { OpenRequest, type RequestKeepers } from './open-request.js';

/** Response headers that carry the log id. @internal */
export const LOG_ID_HEADERS = ['logid', 'x-request-id'] as const;

/**
 * Opens the context of every HTTP request, before body parsers and routes, so that each answer carries a log id whatever becomes of it.
 * @internal
 */
@Injectable()
export class ContextOpener {
  private readonly mint = new LogIdMint(workerNumber(), systemClock);
  private readonly keepers: RequestKeepers;

  constructor(
    private readonly writer: LogWriter,
    inFlight: InFlightRequests,
    events: RequestEvents,
  ) {
    this.keepers = { inFlight, events };
  }

  open(request: IncomingMessage, response: ServerResponse): RequestContext {
    const context = new RequestContext({
      logId: acceptLogId(request.headers) ?? this.mint.mint(),
      origin: 'http',
      headers: request.headers,
      writer: this.writer,
      startedAt: systemClock.elapsed(),
    });
    bindContext(request, context);
    for (const name of LOG_ID_HEADERS) response.setHeader(name, context.logId);
    if (request.headers.origin) response.setHeader('access-control-expose-headers', LOG_ID_HEADERS.join(', '));
    new OpenRequest(context, response, this.keepers).begin();
    return context;
  }
}
