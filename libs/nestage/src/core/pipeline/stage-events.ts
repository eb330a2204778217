import { Injectable } from '@nestjs/common';
import type { AbortCause } from '../context/request-aborted.error.js';
import type { StageContext } from '../context/stage-context.js';
import type { StageName } from './stage-middleware.js';
import type { WorkerEvent } from './worker-events.js';

/** What every event carries. @publicApi */
export interface StageEventOrigin {
  /** The route's path as given to `@StageHandler`, as in `context.path`: one of a bounded set. */
  readonly route: string;
  /** The request it belongs to; absent for what no single request caused, such as an operator opening a breaker. */
  readonly context?: StageContext;
}

/** States of a circuit breaker. @publicApi */
export const BREAKER_STATES = ['closed', 'half_open', 'open'] as const;

/** @see BREAKER_STATES @publicApi */
export type BreakerState = (typeof BREAKER_STATES)[number];

/** A request got its permit, after `waitedMs` in the waiting room (0 when it found a free one). @publicApi */
export interface AdmissionAdmittedEvent extends StageEventOrigin {
  readonly type: 'admission.admitted';
  readonly waitedMs: number;
}

/** A request found no free permit and entered the waiting room. @publicApi */
export interface AdmissionWaitingEvent extends StageEventOrigin {
  readonly type: 'admission.waiting';
}

/** A request left the waiting room without a permit: its signal fired, or `queueTimeoutMs` passed. @publicApi */
export interface AdmissionLeftEvent extends StageEventOrigin {
  readonly type: 'admission.left';
  readonly cause: AbortCause | 'queue_timeout';
  readonly waitedMs: number;
}

/** A request was refused because the waiting room is full (503 `overloaded`). @publicApi */
export interface AdmissionRefusedEvent extends StageEventOrigin {
  readonly type: 'admission.refused';
  readonly retryAfterSeconds: number;
}

/** An attempt failed and the next one follows after `delayMs`. @publicApi */
export interface RetryEvent extends StageEventOrigin {
  readonly type: 'retry';
  /** Number of the attempt that failed, from 1. */
  readonly attempt: number;
  /** How many attempts there may be in all. */
  readonly attempts: number;
  readonly delayMs: number;
  readonly error: unknown;
}

/** A breaker changed its state. @publicApi */
export interface BreakerStateEvent extends StageEventOrigin {
  readonly type: 'breaker.state';
  readonly state: BreakerState;
  readonly previous: BreakerState;
}

/** An open breaker kept a request from `run`; it is answered by a fallback (then `degraded` follows) or by 503 `breaker_open`. @publicApi */
export interface BreakerRefusedEvent extends StageEventOrigin {
  readonly type: 'breaker.refused';
}

/** A request was answered by something other than its `run`. @publicApi */
export interface DegradedEvent extends StageEventOrigin {
  readonly type: 'degraded';
  /** The handler's own `fallback` method, or the handler named by `fallbackTo`. */
  readonly by: 'fallback' | 'fallbackTo';
  /** Whether the breaker was open or the run had failed. */
  readonly reason: 'open' | 'error';
}

/** A request's signal fired before its answer had left. @publicApi */
export interface AbortedEvent extends StageEventOrigin {
  readonly type: 'aborted';
  readonly cause: AbortCause;
}

/** A stage ignored the signal and ended after its request had been answered; what it gave was dropped. @publicApi */
export interface LateResultEvent extends StageEventOrigin {
  readonly type: 'late_result';
  readonly stage: StageName;
  /** A stage that stops by throwing the signal's reason is not late: no event tells of it. */
  readonly outcome: 'value' | 'error';
  /** How long after the signal. */
  readonly lateMs: number;
}

/** A permit was taken back from work that went on for `abandonedPermitMs` after its signal: the work itself may still be running. @publicApi */
export interface PermitReclaimedEvent extends StageEventOrigin {
  readonly type: 'admission.reclaimed';
}

/** How a batch went: all of its inputs have results, some have failed, or all have. @publicApi */
export const BATCH_OUTCOMES = ['ok', 'partial', 'failed'] as const;

/** @see BATCH_OUTCOMES @publicApi */
export type BatchOutcome = (typeof BATCH_OUTCOMES)[number];

/** The batch of a request begins, after the request waited for it for `waitedMs`. @publicApi */
export interface BatchWaitedEvent extends StageEventOrigin {
  readonly type: 'batch.waited';
  readonly waitedMs: number;
}

/** A request left before its batch began: its signal fired. @publicApi */
export interface BatchLeftEvent extends StageEventOrigin {
  readonly type: 'batch.left';
  readonly cause: AbortCause;
  readonly waitedMs: number;
}

/** A request was refused before it joined a batch: too many wait (503 `overloaded`), or it would be late (504). @publicApi */
export interface BatchRefusedEvent extends StageEventOrigin {
  readonly type: 'batch.refused';
  readonly reason: 'overloaded' | 'deadline';
}

/** A batch is over; it belongs to no single request. @publicApi */
export interface BatchDoneEvent extends StageEventOrigin {
  readonly type: 'batch.done';
  /** Inputs that it began with. */
  readonly items: number;
  /** Calls of `runBatch`: more than one when it had to be split. */
  readonly calls: number;
  readonly outcome: BatchOutcome;
  readonly durationMs: number;
}

/**
 * How a request of a route with `cache` or `coalesce` comes to its result: it is given a kept one, it joins a run that is under way, it begins a
 * run that others may join, or it shares with nobody.
 * @publicApi
 */
export const CACHE_OUTCOMES = ['hit', 'joined', 'miss', 'bypass'] as const;
/** @see CACHE_OUTCOMES @publicApi */
export type CacheOutcome = (typeof CACHE_OUTCOMES)[number];

/** A request looked for a result that it may share. @publicApi */
export interface CacheLookupEvent extends StageEventOrigin {
  readonly type: 'cache.lookup';
  readonly outcome: CacheOutcome;
  /** Log id of the request whose `run` made the result or makes it; the request's own but for `hit` and `joined`. */
  readonly runLogId: string;
}

/** A kept result made room for another. @publicApi */
export interface CacheEvictedEvent extends StageEventOrigin {
  readonly type: 'cache.evicted';
}

/** Everything that rooms tell about the stages, told apart by `type`. @publicApi */
export type StageEvent =
  | AdmissionAdmittedEvent
  | AdmissionWaitingEvent
  | AdmissionLeftEvent
  | AdmissionRefusedEvent
  | PermitReclaimedEvent
  | BatchWaitedEvent
  | BatchLeftEvent
  | BatchRefusedEvent
  | BatchDoneEvent
  | WorkerEvent
  | CacheLookupEvent
  | CacheEvictedEvent
  | RetryEvent
  | BreakerStateEvent
  | BreakerRefusedEvent
  | DegradedEvent
  | AbortedEvent
  | LateResultEvent;

/** Must not throw; what it throws is dropped. @publicApi */
export type StageEventListener = (event: StageEvent) => void;

/**
 * Where rooms tell what happens to requests, and others (metrics, records, alerts) listen, so that rooms need not know each other.
 *
 * @example
 * ```ts
 * const stop = app.get(StageEvents).on((event) => {
 *   if (event.type === 'breaker.state') pager.tell(`${event.route}: ${event.state}`);
 * });
 * ```
 * @publicApi
 */
@Injectable()
export class StageEvents {
  private readonly listeners = new Set<StageEventListener>();

  /** @returns a function that ends the subscription */
  on(listener: StageEventListener): () => void {
    this.listeners.add(listener);
    return () => void this.listeners.delete(listener);
  }

  /** Tells every listener, at once and in order of subscription. */
  emit(event: StageEvent): void {
    for (const listener of this.listeners) {
      try {
        listener(event);
      } catch {
        // a listener that fails must not fail the request it hears of
      }
    }
  }
}
