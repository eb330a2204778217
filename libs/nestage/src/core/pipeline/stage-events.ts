import { Injectable } from '@nestjs/common';
import type { AbortCause } from '../context/request-aborted.error.js';
import type {
  AdmissionAdmittedEvent,
  AdmissionLeftEvent,
  AdmissionRefusedEvent,
  AdmissionWaitingEvent,
  PermitReclaimedEvent,
} from './admission-events.js';
import type { BatchDoneEvent, BatchLeftEvent, BatchRefusedEvent, BatchWaitedEvent } from './batch-events.js';
import type { CacheEvictedEvent, CacheLookupEvent } from './cache-events.js';
import type { BreakerRefusedEvent, BreakerStateEvent, DegradedEvent, RetryEvent } from './failure-events.js';
import type { StageEventOrigin } from './stage-event-origin.js';
import type { StageName } from './stage-middleware.js';
import type { WorkerEvent } from './worker-events.js';

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
