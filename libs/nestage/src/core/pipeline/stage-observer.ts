import type { StageRoute } from '../discovery/stage-route.js';
import type { StageCall } from './stage-middleware.js';

/**
 * Hears how the stages of a route end. Other than a middleware it neither surrounds them nor waits for them, so it costs a call and no more.
 * @internal
 */
export interface StageObserver {
  /**
   * A stage has given its value; a stream, whose first item is there, comes as a `StageStream`.
   * @param startedAt reading of the monotonic clock when it began
   */
  readonly settled?: (call: StageCall, value: unknown, startedAt: number) => void;
  /** A stage has failed. */
  readonly failed?: (call: StageCall, startedAt: number) => void;
}

/** Asked once a route. @returns `undefined` to stay out of it @internal */
export type StageObserverSource = (route: StageRoute) => StageObserver | undefined;
