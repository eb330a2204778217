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

/** @publicApi */
export type StageEventType = StageEvent['type'];

/** Must not throw; what it throws is dropped. @publicApi */
export type StageEventListener<T extends StageEventType = StageEventType> = (event: Extract<StageEvent, { readonly type: T }>) => void;

interface Subscription {
  readonly listener: StageEventListener;
  /** All when left out. */
  readonly types: readonly StageEventType[] | undefined;
}

/**
 * Where rooms tell what happens to requests, and others (metrics, records, alerts) listen, so that rooms need not know each other.
 *
 * @example
 * ```ts
 * const stop = app.get(StageEvents).on(({ route, state }) => pager.tell(`${route}: ${state}`), ['breaker.state']);
 * ```
 * @publicApi
 */
@Injectable()
export class StageEvents {
  private readonly subscriptions = new Set<Subscription>();
  /** Made when first asked for, and again when somebody has come or gone. */
  private readonly byType = new Map<StageEventType, readonly StageEventListener[]>();

  /**
   * @param types what to tell of; everything by default, and then a request costs more
   * @returns a function that ends the subscription
   */
  on<T extends StageEventType = StageEventType>(listener: StageEventListener<T>, types?: readonly T[]): () => void {
    const subscription: Subscription = { listener: listener as unknown as StageEventListener, types }; // told of its own types alone
    this.subscriptions.add(subscription);
    this.byType.clear();
    return () => {
      this.subscriptions.delete(subscription);
      this.byType.clear();
    };
  }

  /** Whether anybody would be told: what every request tells need not be put into words for nobody. @internal */
  hears(type: StageEventType): boolean {
    return this.listenersOf(type).length > 0;
  }

  /** Tells every listener, at once and in order of subscription. */
  emit(event: StageEvent): void {
    for (const listener of this.listenersOf(event.type)) {
      try {
        listener(event);
      } catch {
        // a listener that fails must not fail the request it hears of
      }
    }
  }

  private listenersOf(type: StageEventType): readonly StageEventListener[] {
    const known = this.byType.get(type);
    if (known) return known;
    const listeners = [...this.subscriptions].filter(({ types }) => !types || types.includes(type)).map(({ listener }) => listener);
    this.byType.set(type, listeners);
    return listeners;
  }
}
