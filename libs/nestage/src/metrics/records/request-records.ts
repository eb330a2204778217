import type { RequestOrigin } from '../../core/context/stage-context.js';
import { type FinishedRequest, RequestEvents } from '../../core/context/request-events.js';
import { marksOf, type RequestMarks } from '../../core/context/request-marks.js';
import type { AbortCause } from '../../core/context/request-aborted.error.js';
import type { ErrorCode, ErrorTier } from '../../core/errors/error-catalogue.js';
import type { Clock } from '../../common/clock.js';
import type { EventLoopMonitor } from '../statistics/event-loop-monitor.js';

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

interface Kept {
  readonly facts: Omit<RequestRecord, keyof RequestMarks | 'startedAt'>;
  /** Milliseconds since 1970. */
  readonly startedAt: number;
  /** Live: a stage that outlasts its request still notes its time. */
  readonly marks: RequestMarks;
}

/**
 * The last requests, found by their log id; of several with one id the last. The service's own routes, such as `/health`, are left out.
 * @publicApi
 */
export class RequestRecords {
  /** In the order of their ends, the oldest at `next` once it is full. Searched when asked: an index would cost every request. */
  private readonly ring: Kept[] = [];
  private next = 0;

  constructor(private readonly init: RequestRecordsInit) {
    init.requests.observe({ finished: (request) => this.keep(request) });
  }

  /** How many are kept at most; 0 when there are none by option. */
  get size(): number {
    return this.init.size;
  }

  find(logId: string): RequestRecord | undefined {
    const kept = this.newestFirst().find(({ facts }) => facts.logId === logId);
    return kept && recordOf(kept);
  }

  /** The last `count`, newest first. */
  latest(count = this.size): readonly RequestRecord[] {
    const byLogId = new Map<string, Kept>();
    for (const kept of this.newestFirst()) if (!byLogId.has(kept.facts.logId)) byLogId.set(kept.facts.logId, kept);
    return [...byLogId.values()].slice(0, count).map(recordOf);
  }

  private newestFirst(): readonly Kept[] {
    return [...this.ring.slice(this.next), ...this.ring.slice(0, this.next)].reverse();
  }

  private keep(request: FinishedRequest): void {
    const { context } = request;
    if (context.servicePath || this.size === 0) return;
    const startedAt = this.init.clock.now() - request.durationMs;
    const kept: Kept = { facts: this.factsOf(request), startedAt, marks: marksOf(context) };
    this.ring[this.next] = kept;
    this.next = (this.next + 1) % this.size;
  }

  private factsOf(request: FinishedRequest): Kept['facts'] {
    const { context, failure } = request;
    return {
      logId: context.logId,
      origin: context.origin,
      method: request.method,
      path: context.path || undefined,
      handler: context.handlerName || undefined,
      durationMs: request.durationMs,
      status: request.status,
      tier: failure?.tier,
      code: failure?.code,
      abortedBy: request.abortedBy,
      bytesIn: request.bytesIn,
      bytesOut: request.bytesOut,
      maxEventLoopDelayMs: this.init.eventLoop.maxDelaySince(context.startedAt),
    };
  }
}

/** A copy, rounded to microseconds. */
function recordOf({ facts, startedAt, marks }: Kept): RequestRecord {
  return {
    ...facts,
    startedAt: new Date(startedAt).toISOString(),
    ...marks,
    durationMs: rounded(facts.durationMs),
    maxEventLoopDelayMs: rounded(facts.maxEventLoopDelayMs),
    stagesMs: roundedAll(marks.stagesMs),
    waitedMs: roundedAll(marks.waitedMs),
    ...(marks.firstItemMs === undefined ? {} : { firstItemMs: rounded(marks.firstItemMs) }),
  };
}

const rounded = (milliseconds: number): number => Math.round(milliseconds * 1000) / 1000;

function roundedAll<T extends Partial<Record<string, number>>>(durations: T): T {
  return Object.fromEntries(Object.entries(durations).map(([name, value]) => [name, rounded(value ?? 0)])) as T;
}
