import type { Clock } from '../../common/clock.js';
import type { Timeout } from '../../common/timeout-queue.js';

/** A deadline with a timer of its own; one that has passed expires at once. @internal */
export function startTimer(clock: Clock, delayMs: number, expire: () => void): Timeout {
  if (delayMs > 0) return { clear: clock.schedule(delayMs, expire) };
  expire();
  return OVER;
}

const OVER: Timeout = { clear: () => undefined };
