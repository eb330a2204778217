import { isPromiseLike } from '../../common/type-guards.js';
import { type Clock, systemClock } from '../../common/clock.js';
import { minutes } from '../../common/duration.js';
import { bucketOf, DurationHistogram, type DurationStatistics } from './duration-histogram.js';
import type { PerformanceSnapshot } from './performance-snapshot.js';
import { SliceRing } from './slice-ring.js';

/** @internal */
export interface PerformanceMonitorInit {
  /** Length of the sliding window. */
  readonly windowMs?: number;
  /** Names kept apart; durations of further ones are counted under `other`. */
  readonly maxNames?: number;
  readonly clock?: Clock;
}

/** Adds one duration that has ended just now, at that reading of the monotonic clock. @internal */
export type DurationRecorder = (durationMs: number, endedAt: number) => void;

/** Over what time statistics are told: since the service started, or over the last minutes. @publicApi */
export type StatisticsPeriod = 'start' | 'window';

/** Where durations go whose name is one too many. */
const OVERFLOW = 'other';
const WINDOW_SLICES = 10;

/**
 * Keeps statistics of named durations. Every stage records itself as `<handler>.<stage>` and each request as `<handler>`; `@Timed()`
 * and `record()` add a user's own. Memory is bounded by the number of names, about 24 kB each.
 *
 * @example
 * ```ts
 * constructor(private readonly performance: PerformanceMonitor) {}
 * this.performance.record('tokenize', durationMs);
 * this.performance.getStatistics().tokenize.p95;
 * ```
 * @publicApi
 */
export class PerformanceMonitor {
  readonly windowMs: number;
  private readonly maxNames: number;
  private readonly clock: Clock;
  private readonly series = new Map<string, Series>();

  constructor({ windowMs = minutes(5), maxNames = 256, clock = systemClock }: PerformanceMonitorInit = {}) {
    this.windowMs = windowMs;
    this.maxNames = maxNames;
    this.clock = clock;
  }

  /** Adds one duration; what is not a number is left out, and less than nothing counts as 0. */
  record(name: string, durationMs: number): void {
    this.recorder(name)(durationMs, this.clock.elapsed());
  }

  /** As `record()`, for who has many of one name: it is looked up once, by the first of them. @internal */
  recorder(name: string): DurationRecorder {
    let series: Series | undefined;
    return (durationMs, endedAt) => {
      if (!Number.isFinite(durationMs)) return;
      series ??= this.seriesOf(name);
      series.record(Math.max(0, durationMs), endedAt);
    };
  }

  /** Runs `work` and records how long it took, also when it fails; a promise is timed until it settles. */
  measure<T>(name: string, work: () => T): T {
    const startedAt = this.clock.elapsed();
    const stop = (): void => this.record(name, this.clock.elapsed() - startedAt);
    let result: T;
    try {
      result = work();
    } catch (error) {
      stop();
      throw error;
    }
    if (isPromiseLike(result)) result.then(stop, stop);
    else stop();
    return result;
  }

  /**
   * Statistics by name. Count, average, minimum and maximum are exact, percentiles are within 2 %.
   * @param period the sliding window moves in steps of a tenth of its length
   */
  getStatistics(period: StatisticsPeriod = 'start'): Record<string, DurationStatistics> {
    return Object.fromEntries([...this.series].map(([name, series]) => [name, series.statistics(period)]));
  }

  /** All that was recorded, for another process to add to its own. @internal */
  snapshot(): PerformanceSnapshot {
    const dataOf = (period: StatisticsPeriod): PerformanceSnapshot['sinceStart'] =>
      Object.fromEntries([...this.series].map(([name, series]) => [name, series.of(period).data()]));
    return { sinceStart: dataOf('start'), window: dataOf('window') };
  }

  private seriesOf(name: string): Series {
    const known = this.series.get(name);
    if (known) return known;
    const key = this.series.size < this.maxNames ? name : OVERFLOW;
    const series = this.series.get(key) ?? new Series(this.windowMs, this.clock);
    this.series.set(key, series);
    return series;
  }
}

/** The durations of one name. */
class Series {
  private readonly sinceStart = new DurationHistogram();
  private readonly window: SliceRing<DurationHistogram>;

  constructor(windowMs: number, clock: Clock) {
    this.window = new SliceRing({
      sliceMs: windowMs / WINDOW_SLICES,
      count: WINDOW_SLICES,
      clock,
      create: () => new DurationHistogram(),
      reset: (histogram) => histogram.reset(),
    });
  }

  record(durationMs: number, endedAt: number): void {
    const bucket = bucketOf(durationMs);
    this.sinceStart.record(durationMs, bucket);
    this.window.current(endedAt).record(durationMs, bucket);
  }

  statistics(period: StatisticsPeriod): DurationStatistics {
    return this.of(period).statistics();
  }

  of(period: StatisticsPeriod): DurationHistogram {
    if (period === 'start') return this.sinceStart;
    const all = new DurationHistogram();
    for (const slice of this.window.slices()) all.add(slice);
    return all;
  }
}
