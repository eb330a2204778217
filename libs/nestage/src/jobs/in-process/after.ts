import type { Clock } from '../../common/clock.js';

/** Timers can't be set for longer. */
const MAX_TIMER_MS = 2 ** 31 - 1;

/** Calls back after a time, at once if that is over, never if it is longer than a timer can wait (25 days). @returns what cancels it @internal */
export function after(clock: Clock, delayMs: number, callback: () => void): () => void {
  return delayMs > MAX_TIMER_MS ? () => undefined : clock.schedule(Math.max(0, delayMs), callback);
}
