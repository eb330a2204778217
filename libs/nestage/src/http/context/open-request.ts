import type { ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { systemClock } from '../../common/clock.js';
import type { Placed } from '../../common/place-list.js';
import type { RequestContext } from '../../core/context/request-context.js';
import type { FinishedRequest, RequestEvents } from '../../core/context/request-events.js';
import { type ClassifiedError, classifyError } from '../../core/errors/classify-error.js';
import { bodyOf } from '../request-of.js';
import { tellClosing } from './closing-line.js';
import type { InFlightRequests } from './in-flight.js';

/** Whom an open request is known to. @internal */
export interface RequestKeepers {
  readonly inFlight: InFlightRequests;
  readonly events: RequestEvents;
}

/** Status of a request whose client left before any answer. */
const CLIENT_CLOSED_REQUEST = 499;
/** The open request is kept on its response, so that one function hears of the end of all. */
const OPEN = Symbol('nestage:open-request');
/** On a connection, those that wait there for others to be answered: one listener for all, however many a client sends at once. */
const WAITING = Symbol('nestage:waiting-requests');

type Marked = ServerResponse & { [OPEN]?: OpenRequest };
type Connection = Socket & { [WAITING]?: Set<OpenRequest> };

/**
 * A request between its first byte and the last of its answer. The rooms are told when it begins, and what became of it when its response has
 * closed: then all that is bound to its context is released, and its last line is written.
 * @internal
 */
export class OpenRequest implements Placed {
  place = -1;
  private readonly method: string;
  /** The response lets go of it before it closes. */
  private readonly socket: Connection;
  private readonly writtenBefore: number;
  /** Those of its connection, if it is one of them. */
  private waiting: Set<OpenRequest> | undefined = undefined;
  private state: 'open' | 'ending' | 'over' = 'open';
  private hasClosingLine = false;
  private durationMs = 0;

  constructor(
    readonly context: RequestContext,
    readonly response: ServerResponse,
    private readonly keepers: RequestKeepers,
  ) {
    const { method = '', socket } = response.req;
    this.method = method;
    this.socket = socket;
    this.writtenBefore = socket.bytesWritten;
  }

  begin(): void {
    const { context, response, keepers } = this;
    keepers.inFlight.add(this);
    keepers.events.started(context, this.method);
    (response as Marked)[OPEN] = this;
    response.on('close', closed);
    if (!response.socket) this.watchConnection();
  }

  /** Has its last line written once it is over; at once if it is: the client may have left before anybody knew what the request was to become. */
  seeToClosingLine(): void {
    if (this.hasClosingLine) return;
    this.hasClosingLine = true;
    if (this.state === 'over') this.tellClosing();
  }

  end(): void {
    const { context, response } = this;
    if (this.state !== 'open') return;
    this.state = 'ending';
    this.durationMs = systemClock.elapsed() - context.startedAt;
    this.waiting?.delete(this);
    try {
      if (!response.writableFinished) context.abort('client_closed');
    } finally {
      this.release();
    }
  }

  /** Also when something that was bound to it throws: an open request would hold the process at its shutdown. */
  private release(): void {
    const { context, keepers } = this;
    try {
      context.dispose();
    } finally {
      this.state = 'over';
      keepers.inFlight.remove(this);
      keepers.events.finished(this.finished());
      if (this.hasClosingLine) this.tellClosing();
    }
  }

  private tellClosing(): void {
    tellClosing(this.context, this.response, this.durationMs);
  }

  /** Node tells a response that waits for others on its connection nothing of the connection's end. */
  private watchConnection(): void {
    const { socket } = this;
    if (!socket[WAITING]) socket.once('close', connectionClosed);
    this.waiting = socket[WAITING] ??= new Set();
    this.waiting.add(this);
  }

  private finished(): FinishedRequest {
    const { context, response, method, durationMs } = this;
    const isWhole = response.writableFinished || !context.abortedBy;
    return {
      context,
      method,
      status: isWhole || response.headersSent ? response.statusCode : CLIENT_CLOSED_REQUEST,
      failure: context.failure ?? (isWhole ? undefined : abortOf(context)),
      abortedBy: context.abortedBy?.abortCause,
      durationMs,
      bytesIn: bodyOf(response.req)?.bytes ?? 0,
      bytesOut: this.socket.bytesWritten - this.writtenBefore || 0, // NaN where a test injects a request without a socket
    };
  }
}

/** Sees to the last line of a request, by its response. @internal */
export function seeToClosingLine(response: ServerResponse): void {
  (response as Marked)[OPEN]?.seeToClosingLine();
}

function closed(this: ServerResponse): void {
  (this as Marked)[OPEN]?.end();
}

function connectionClosed(this: Connection): void {
  for (const request of this[WAITING] ?? []) request.end();
}

function abortOf({ abortedBy }: RequestContext): ClassifiedError | undefined {
  return abortedBy && classifyError(abortedBy);
}
