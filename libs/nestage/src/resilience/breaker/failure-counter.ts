import type { Clock } from '../../common/clock.js';
import type { BreakerMode, ResolvedBreakerOptions } from './breaker.options.js';

/** Decides when a closed breaker opens. @internal */
export interface FailureCounter {
  success(): void;
  /** @returns whether this failure opens the breaker */
  failure(): boolean;
  /** Forgets everything. */
  reset(): void;
}

/** @internal */
export const createFailureCounter = (options: ResolvedBreakerOptions, clock: Clock): FailureCounter =>
  COUNTERS[options.mode](options, clock);

const COUNTERS: Readonly<Record<BreakerMode, (options: ResolvedBreakerOptions, clock: Clock) => FailureCounter>> = {
  consecutive: (options) => new ConsecutiveCounter(options),
  total: (options, clock) => new TotalCounter(options, clock),
  sampling: (options, clock) => new SamplingCounter(options, clock),
};

class ConsecutiveCounter implements FailureCounter {
  private count = 0;

  constructor(private readonly options: ResolvedBreakerOptions) {}

  success(): void {
    this.count = 0;
  }

  failure(): boolean {
    return ++this.count >= this.options.errorThreshold;
  }

  reset(): void {
    this.count = 0;
  }
}

class TotalCounter implements FailureCounter {
  private count = 0;
  private since: number;

  constructor(
    private readonly options: ResolvedBreakerOptions,
    private readonly clock: Clock,
  ) {
    this.since = clock.elapsed();
  }

  success(): void {
    // what succeeds does not undo what failed
  }

  failure(): boolean {
    if (this.clock.elapsed() - this.since >= this.options.resetIntervalMs) this.reset();
    return ++this.count >= this.options.errorThreshold;
  }

  reset(): void {
    this.count = 0;
    this.since = this.clock.elapsed();
  }
}

/** The window slides in tenths, so that its memory does not grow with the traffic. */
const SLICES = 10;

interface Slice {
  readonly number: number;
  successes: number;
  failures: number;
}

class SamplingCounter implements FailureCounter {
  private slices: Slice[] = [];

  constructor(
    private readonly options: ResolvedBreakerOptions,
    private readonly clock: Clock,
  ) {}

  success(): void {
    this.current().successes++;
  }

  failure(): boolean {
    this.current().failures++;
    const failures = this.slices.reduce((sum, slice) => sum + slice.failures, 0);
    const total = this.slices.reduce((sum, slice) => sum + slice.successes, failures);
    return failures >= this.options.errorThreshold && failures >= this.options.errorRate * total;
  }

  reset(): void {
    this.slices = [];
  }

  private current(): Slice {
    const number = Math.floor((this.clock.elapsed() * SLICES) / this.options.windowMs);
    const last = this.slices.at(-1);
    if (last?.number === number) return last;
    const slice: Slice = { number, successes: 0, failures: 0 };
    this.slices = [...this.slices.filter((each) => each.number > number - SLICES), slice];
    return slice;
  }
}
