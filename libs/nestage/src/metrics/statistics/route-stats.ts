import type { ErrorTier } from '../../core/errors/error-catalogue.js';
import type { UnitState } from '../../core/initialize/stage-unit.js';
import { BREAKER_STATES, type BreakerState } from '../../core/pipeline/failure-events.js';
import type { BatchTally } from './work-tally.js';

/** How one route does, in one process or in all. @publicApi */
export interface RouteStats {
  /** Name of the handler, under which its durations stand. */
  readonly name: string;
  readonly method: string;
  readonly path: string;
  /** Of several the list, such as `1,2`; `null` without any. */
  readonly version: string | null;
  /** Whether it is initialized; of several processes the one that is furthest from it. */
  readonly state: UnitState;
  /** Over the last ten seconds. */
  readonly requestsPerSecond: number;
  /** Permits that are out, and how many may be. */
  readonly inFlight: number;
  readonly concurrency: number;
  /** Requests in the waiting room, and its places. */
  readonly waiting: number;
  readonly queue: number;
  /** Permits held by work whose request is over. */
  readonly abandoned: number;
  /** Of several processes the worst; `null` without a breaker. */
  readonly breaker: BreakerState | null;
  /** Errors of the last hour. */
  readonly errors: Readonly<Record<ErrorTier, number>>;
  /** Since the start; `null` without any. */
  readonly batches: BatchTally | null;
}

const STATES: readonly UnitState[] = ['failed', 'waiting', 'initializing', 'ready'];

/** The same routes of several processes as one: limits and counts are sums. @internal */
export function mergeRoutes(parts: readonly (readonly RouteStats[])[]): readonly RouteStats[] {
  const byKey = new Map<string, RouteStats>();
  for (const route of parts.flat()) {
    const key = [route.method, route.path, route.version, route.name].join(' ');
    const known = byKey.get(key);
    byKey.set(key, known ? merged(known, route) : route);
  }
  return [...byKey.values()];
}

function merged(one: RouteStats, other: RouteStats): RouteStats {
  return {
    ...one,
    state: STATES.find((state) => state === one.state || state === other.state) ?? one.state,
    requestsPerSecond: one.requestsPerSecond + other.requestsPerSecond,
    inFlight: one.inFlight + other.inFlight,
    concurrency: one.concurrency + other.concurrency,
    waiting: one.waiting + other.waiting,
    queue: one.queue + other.queue,
    abandoned: one.abandoned + other.abandoned,
    breaker: [...BREAKER_STATES].reverse().find((state) => state === one.breaker || state === other.breaker) ?? null,
    errors: {
      L1: one.errors.L1 + other.errors.L1,
      L2: one.errors.L2 + other.errors.L2,
      L3: one.errors.L3 + other.errors.L3,
      L4: one.errors.L4 + other.errors.L4,
    },
    batches: one.batches && other.batches ? mergedBatches(one.batches, other.batches) : (one.batches ?? other.batches),
  };
}

function mergedBatches(one: BatchTally, other: BatchTally): BatchTally {
  return {
    batches: one.batches + other.batches,
    items: one.items + other.items,
    largest: Math.max(one.largest, other.largest),
    last: one.last,
    failed: one.failed + other.failed,
  };
}
