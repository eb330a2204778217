import type { RequestOrigin } from '../../core/context/stage-context.js';
import { endOf, type FinishedRequest, RequestEvents } from '../../core/context/request-events.js';
import type { RequestMarks } from '../../core/context/request-marks.js';
import type { AbortCause } from '../../core/context/request-aborted.error.js';
import type { ErrorCode, ErrorTier } from '../../core/errors/error-catalogue.js';
import type { Clock } from '../../common/clock.js';
import type { EventLoopMonitor } from '../statistics/event-loop-monitor.js';
import { RequestTable } from './request-table.js';

/** What became of one request, without anything of its content. Durations are wall time in milliseconds. @publicApi */
export interface RequestRecord extends Readonly<RequestMarks> {
  readonly logId: string;
  readonly origin: RequestOrigin;
  readonly method: string;
  /** Path of the route as declared; `undefined` for one that the service does not have. */
  readonly path: string | undefined;
  /** Name of the handler that served it. */
  readonly handler: string | undefined;
  /** ISO 8601. */
  readonly startedAt: string;
  readonly durationMs: number;
  readonly status: number;
  readonly tier: ErrorTier | undefined;
  readonly code: ErrorCode | undefined;
  readonly abortedBy: AbortCause | undefined;
  readonly bytesIn: number;
  readonly bytesOut: number;
  /** Longest delay of the process's event loop in the seconds that the request lived: others may have caused it. */
  readonly maxEventLoopDelayMs: number;
}

/** @internal */
export interface RequestRecordsInit {
  /** Records kept. */
  readonly size: number;
  readonly requests: RequestEvents;
  readonly eventLoop: EventLoopMonitor;
  readonly clock: Clock;
}

/**
 * The last requests, found by their log id; of several with one id the last. The service's own routes, such as `/health`, are left out.
 * @publicApi
 */
export class RequestRecords {
  /** In the order of their ends, the oldest at `next` once it is full. Searched when asked: an index would cost every request. */
  private readonly ring: RequestTable;
  private next = 0;

  constructor(private readonly init: RequestRecordsInit) {
    this.ring = new RequestTable(init.size);
    init.requests.observe({ finished: (request) => this.keep(request) });
  }

  /** How many are kept at most; 0 when there are none by option. */
  get size(): number {
    return this.init.size;
  }

  find(logId: string): RequestRecord | undefined {
    for (const row of this.newestFirst()) if (this.ring.hasLogId(row, logId)) return this.ring.record(row);
    return undefined;
  }

  /** The last `count`, newest first. */
  latest(count = this.size): readonly RequestRecord[] {
    const rowOf = new Map<string, number>();
    for (const row of this.newestFirst()) {
      if (rowOf.size >= count) break;
      const logId = this.ring.logId(row);
      if (!rowOf.has(logId)) rowOf.set(logId, row);
    }
    return [...rowOf.values()].map((row) => this.ring.record(row));
  }

  private *newestFirst(): Generator<number> {
    const { length } = this.ring;
    for (let age = 1; age <= length; age++) yield (this.next - age + length) % length;
  }

  private keep(request: FinishedRequest): void {
    const { context, durationMs } = request;
    if (context.servicePath || this.size === 0) return;
    const { clock, eventLoop } = this.init;
    const maxEventLoopDelayMs = eventLoop.maxDelayBetween(context.startedAt, endOf(request));
    this.ring.write(this.next, request, { startedAt: clock.now() - durationMs, maxEventLoopDelayMs });
    this.next = (this.next + 1) % this.size;
  }
}
