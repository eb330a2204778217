import type { Timeout } from '../../common/timeout-queue.js';
import type { StageRoute } from '../discovery/stage-route.js';
import type { ClassifiedError } from '../errors/classify-error.js';
import type { LogWriter } from '../log/log-writer.js';
import { StageLogger } from '../log/stage-logger.js';
import { RequestAbortedError, type AbortCause } from './request-aborted.error.js';
import type { RequestMarks } from './request-marks.js';
import { type RequestOrigin, StageContext, type StageResponse } from './stage-context.js';

/** @internal */
export interface RequestContextInit {
  readonly logId: string;
  readonly origin: RequestOrigin;
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
  readonly writer: LogWriter;
  /** Reading of a monotonic clock, in milliseconds. */
  readonly startedAt: number;
}

/** @internal */
export type AbortListener = (reason: RequestAbortedError) => void;

/** Status and headers kept until the transport writes the reply. @internal */
export class PendingResponse implements StageResponse {
  status: number | undefined;
  private readonly byName = new Map<string, string | number | readonly string[]>();

  setHeader(name: string, value: string | number | readonly string[]): void {
    this.byName.set(name.toLowerCase(), value);
  }

  get headers(): ReadonlyMap<string, string | number | readonly string[]> {
    return this.byName;
  }
}

/**
 * The context of one request, from the opening of its door until its answer has left. What costs anything is made when first asked for.
 * @internal
 */
export class RequestContext extends StageContext {
  readonly logId: string;
  readonly origin: RequestOrigin;
  readonly headers: RequestContextInit['headers'];
  readonly startedAt: number;
  deadline: number | undefined = undefined;
  /** Whether the deadline is the client's own, so that passing it says nothing of the model. */
  isDeadlineShortened = false;
  /** What ends it at its deadline. */
  expiry: Timeout | undefined = undefined;
  path = '';
  /** Name of the handler that serves it; empty until a route has been found. */
  handlerName = '';
  /** Path of the service's own route that answers it, such as `/health`; empty for all other requests. */
  servicePath = '';
  /** The route that it goes to, once that is known. */
  route: StageRoute | undefined = undefined;
  /** To be asked for by `marksOf()`. */
  marks: RequestMarks | undefined = undefined;
  /** Its place among the open requests, see `RequestEvents`. */
  place = -1;
  /** What it failed with, if it did. */
  failure: ClassifiedError | undefined = undefined;
  /** Told of its abort before all listeners: the same function for every request of a service, where a listener is one each. */
  onAborted: ((context: RequestContext, reason: RequestAbortedError) => void) | undefined = undefined;

  private readonly writer: LogWriter;
  private controller: AbortController | undefined = undefined;
  private abortReason: RequestAbortedError | undefined = undefined;
  private abortListeners: AbortListener[] | undefined = undefined;
  private boundLogger: StageLogger | undefined = undefined;
  private pendingResponse: PendingResponse | undefined = undefined;
  private sharedState: Map<PropertyKey, unknown> | undefined = undefined;
  private disposers: (() => void)[] | undefined = undefined;
  private isDisposed = false;

  constructor(init: RequestContextInit) {
    super();
    this.logId = init.logId;
    this.origin = init.origin;
    this.headers = init.headers;
    this.startedAt = init.startedAt;
    this.writer = init.writer;
  }

  get signal(): AbortSignal {
    if (!this.controller) {
      this.controller = new AbortController();
      if (this.abortReason) this.controller.abort(this.abortReason);
    }
    return this.controller.signal;
  }

  get logger(): StageLogger {
    return (this.boundLogger ??= new StageLogger(this.writer, this.logId));
  }

  get response(): PendingResponse {
    return (this.pendingResponse ??= new PendingResponse());
  }

  /** What the stages asked of the reply, if anything; asking makes nothing. */
  get pending(): PendingResponse | undefined {
    return this.pendingResponse;
  }

  get state(): Map<PropertyKey, unknown> {
    return (this.sharedState ??= new Map());
  }

  /** Why the request is no longer wanted, if it is not; asking makes no signal. */
  get abortedBy(): RequestAbortedError | undefined {
    return this.abortReason;
  }

  /** Fires the signal; the first cause stands. */
  abort(cause: AbortCause, reason = new RequestAbortedError(cause)): void {
    if (this.abortReason || this.isDisposed) return;
    this.abortReason = reason;
    const listeners = this.abortListeners ?? [];
    this.abortListeners = undefined;
    this.onAborted?.(this, reason);
    for (const listener of [...listeners]) if (listeners.includes(listener)) listener(reason); // one may take others away
    this.controller?.abort(reason);
  }

  /**
   * Calls `listener` when the request is aborted, at once if it has been already. Cheaper than the signal, which it does not make.
   * @returns a function that takes the listener away
   */
  onAbort(listener: AbortListener): () => void {
    if (this.abortReason) {
      listener(this.abortReason);
      return () => undefined;
    }
    const listeners = (this.abortListeners = added(this.abortListeners, listener));
    return () => remove(listeners, listener);
  }

  /** How many wait to hear of an abort; 0 shows that nothing was left behind. */
  get abortListenerCount(): number {
    return this.abortListeners?.length ?? 0;
  }

  /**
   * A context for work that may outlive this request since others wait for it, too: the same id, headers and state as it is now, but a
   * signal, a reply and an end of its own.
   */
  detached(): RequestContext {
    const { logId, origin, headers, writer, startedAt, deadline, isDeadlineShortened, path, handlerName, route, marks } = this;
    const detached = new RequestContext({ logId, origin, headers, writer, startedAt });
    Object.assign(detached, { deadline, isDeadlineShortened, path, handlerName, route, marks });
    detached.sharedState = new Map(this.state);
    return detached;
  }

  /** Runs `disposer` when the request is over, whatever its outcome; at once when it is over already. */
  onDispose(disposer: () => void): void {
    if (this.isDisposed) disposer();
    else this.disposers = added(this.disposers, disposer);
  }

  /** Ends the request's life: releases all that was bound to it, what was bound last first. */
  dispose(): void {
    if (this.isDisposed) return;
    this.isDisposed = true;
    const { disposers } = this;
    this.disposers = undefined;
    this.abortListeners = undefined;
    this.expiry?.clear();
    this.expiry = undefined; // the connection's timer keeps this context until its next request comes
    if (disposers) runAll(disposers);
  }
}

/** A list is made with its first member in it: one that is made empty takes room for 17 when it gets it. */
function added<T>(list: T[] | undefined, member: T): T[] {
  if (!list) return [member];
  list.push(member);
  return list;
}

/** What was added last goes first most of the time. */
function remove(listeners: AbortListener[], listener: AbortListener): void {
  const index = listeners.lastIndexOf(listener);
  if (index === listeners.length - 1) listeners.pop();
  else if (index >= 0) listeners.splice(index, 1);
}

/** From the last to the first. Each runs although one before it has thrown: what it releases would be held for good. */
function runAll(disposers: (() => void)[]): void {
  try {
    while (disposers.length > 0) disposers.pop()?.();
  } finally {
    if (disposers.length > 0) runAll(disposers);
  }
}
