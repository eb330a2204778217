import type { StageEventOrigin } from './stage-event-origin.js';

/** States of a circuit breaker. @publicApi */
export const BREAKER_STATES = ['closed', 'half_open', 'open'] as const;

/** @see BREAKER_STATES @publicApi */
export type BreakerState = (typeof BREAKER_STATES)[number];

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
