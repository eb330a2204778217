import type { Clock } from '../common/clock.js';

interface Timer {
  readonly dueAt: number;
  readonly callback: () => void;
}

/**
 * A clock that stands still until a test advances it.
 *
 * @example
 * const clock = new FakeClock();
 * const breaker = new SomethingThatWaits({ clock });
 * clock.advance(seconds(30));
 * @publicApi
 */
export class FakeClock implements Clock {
  private passed = 0;
  private readonly timers = new Set<Timer>();

  /** @param startedAt what `now()` says at first, in milliseconds since 1970 */
  constructor(private readonly startedAt = Date.UTC(2024, 0, 1)) {}

  /** How many timers wait; 0 shows that nothing was left behind. */
  get pendingTimers(): number {
    return this.timers.size;
  }

  now(): number {
    return this.startedAt + Math.floor(this.passed);
  }

  elapsed(): number {
    return this.passed;
  }

  schedule(delayMs: number, callback: () => void): () => void {
    const timer: Timer = { dueAt: this.passed + Math.max(0, delayMs), callback };
    this.timers.add(timer);
    return () => void this.timers.delete(timer);
  }

  /** Lets `ms` milliseconds pass and calls every callback that falls due, in order, those that callbacks schedule included. */
  advance(ms: number): void {
    const end = this.passed + ms;
    while (this.fireNext(end));
    this.passed = end;
  }

  /** As `advance`, but promises settle after each callback, so that a loop that awaits between its timers moves on as well. */
  async advanceAsync(ms: number): Promise<void> {
    const end = this.passed + ms;
    do await settled();
    while (this.fireNext(end));
    this.passed = end;
  }

  /** Calls the earliest callback that is due by `end`; of equal ones the first that was scheduled. */
  private fireNext(end: number): boolean {
    let next: Timer | undefined;
    for (const timer of this.timers) if (timer.dueAt <= end && (!next || timer.dueAt < next.dueAt)) next = timer;
    if (!next) return false;
    this.timers.delete(next);
    this.passed = Math.max(this.passed, next.dueAt);
    next.callback();
    return true;
  }
}

function settled(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
