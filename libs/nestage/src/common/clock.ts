/**
 * Where time comes from. Everything that waits or measures takes a clock, so that its tests need no sleeps.
 * @publicApi
 */
export interface Clock {
  /** Milliseconds since 1970, as `Date.now()`. */
  now(): number;
  /** Monotonic milliseconds with a fraction, for durations. */
  elapsed(): number;
  /** Calls `callback` after `delayMs`; the returned function cancels it. The timer never keeps the process alive. */
  schedule(delayMs: number, callback: () => void): () => void;
}

/** The machine's clock. @publicApi */
export const systemClock: Clock = {
  now: () => Date.now(),
  elapsed: () => performance.now(),
  schedule(delayMs, callback) {
    const timer = setTimeout(callback, delayMs);
    timer.unref();
    return () => clearTimeout(timer);
  },
};
