import { type EventLoopUtilization, type IntervalHistogram, monitorEventLoopDelay, performance } from 'node:perf_hooks';
import { type Clock, systemClock } from '../../common/clock.js';
import { seconds } from '../../common/duration.js';

/** How busy the process's event loop was, over the last 15 seconds. @publicApi */
export interface EventLoopUsage {
  /** By how much timers were late on average. */
  readonly meanDelayMs: number;
  readonly maxDelayMs: number;
  /** Share of the time in which the loop was at work, 0 to 1. */
  readonly utilization: number;
}

interface Sample {
  /** When it was taken, by the monotonic clock. */
  readonly at: number;
  readonly meanMs: number;
  readonly maxMs: number;
}

const RESOLUTION_MS = 10;
const SAMPLE_MS = seconds(1);
const USAGE_MS = seconds(15);
/** How far back a long request can look. */
const KEPT_SAMPLES = 120;

/**
 * Samples the event-loop delay every second. The figures are of the whole process, whoever blocked it.
 * @publicApi
 */
export class EventLoopMonitor {
  private readonly samples: Sample[] = [];
  private histogram: IntervalHistogram | undefined;
  private cancelNext: (() => void) | undefined;
  private utilizationStart: EventLoopUtilization = performance.eventLoopUtilization();
  private utilization = 0;
  /** The last reading of the running maximum. */
  private readAt = -Infinity;
  private readMaxMs = 0;

  constructor(private readonly clock: Clock = systemClock) {}

  get usage(): EventLoopUsage {
    const since = this.clock.elapsed() - USAGE_MS;
    const recent = [...this.samples.filter(({ at }) => at > since), this.running()];
    return {
      meanDelayMs: recent.reduce((sum, { meanMs }) => sum + meanMs, 0) / recent.length,
      maxDelayMs: Math.max(...recent.map(({ maxMs }) => maxMs)),
      utilization: this.utilization,
    };
  }

  /** The longest delay in the seconds since `startedAt` of the monotonic clock, at most the last two minutes. */
  maxDelaySince(startedAt: number): number {
    return this.maxDelayBetween(startedAt, this.clock.elapsed());
  }

  /** As `maxDelaySince()`, for who knows what time it is. @internal */
  maxDelayBetween(startedAt: number, now: number): number {
    let max = this.recentMaxMs(now);
    for (let index = this.samples.length - 1; index >= 0 && this.samples[index].at > startedAt; index--) {
      max = Math.max(max, this.samples[index].maxMs);
    }
    return max;
  }

  onApplicationBootstrap(): void {
    if (this.histogram) return;
    this.histogram = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
    this.histogram.enable();
    this.schedule();
  }

  onApplicationShutdown(): void {
    this.cancelNext?.();
    this.histogram?.disable();
    this.histogram = undefined;
  }

  private schedule(): void {
    this.cancelNext = this.clock.schedule(SAMPLE_MS, () => {
      this.sample();
      this.schedule();
    });
  }

  private sample(): void {
    this.samples.push(this.running());
    if (this.samples.length > KEPT_SAMPLES) this.samples.shift();
    this.histogram?.reset();
    this.readAt = -Infinity;
    const now = performance.eventLoopUtilization();
    this.utilization = performance.eventLoopUtilization(now, this.utilizationStart).utilization;
    this.utilizationStart = now;
  }

  /** What has been measured since the last sample. */
  private running(): Sample {
    const { histogram } = this;
    const at = this.clock.elapsed();
    if (!histogram || histogram.count === 0) return { at, meanMs: 0, maxMs: 0 };
    return { at, meanMs: lateness(histogram.mean), maxMs: this.runningMaxMs() };
  }

  /** Asked at the end of every request: between two calls of the histogram's timer it has nothing new to tell. */
  private recentMaxMs(now: number): number {
    if (now - this.readAt >= RESOLUTION_MS) {
      this.readAt = now;
      this.readMaxMs = this.runningMaxMs();
    }
    return this.readMaxMs;
  }

  private runningMaxMs(): number {
    return this.histogram && this.histogram.count > 0 ? lateness(this.histogram.max) : 0;
  }
}

/** The histogram holds the pauses between its own timer's calls: what they are longer than asked for is the delay. */
function lateness(nanoseconds: number): number {
  return Math.max(0, nanoseconds / 1e6 - RESOLUTION_MS);
}
