import type { Clock } from '../../common/clock.js';
import { minutes, seconds } from '../../common/duration.js';
import type { ResourceMonitor } from '../../core/resources/resource-usage.js';
import type { EventLoopMonitor } from './event-loop-monitor.js';

/** Load over the last minutes as columns of equal length, the oldest first. @publicApi */
export interface LoadHistoryColumns {
  /** Time of each sample in milliseconds since 1970. */
  readonly at: readonly number[];
  /** Percent, 0 to 100, as in `resources`. */
  readonly cpu: readonly number[];
  readonly memory: readonly number[];
  readonly gpu: readonly number[];
  /** Longest delay of the event loop since the sample before, in milliseconds. */
  readonly eventLoopDelayMs: readonly number[];
}

/** @internal */
export interface LoadHistoryInit {
  readonly resources: ResourceMonitor;
  readonly eventLoop: EventLoopMonitor;
  readonly clock: Clock;
}

interface Sample {
  readonly at: number;
  readonly cpu: number;
  readonly memory: number;
  readonly gpu: number;
  readonly eventLoopDelayMs: number;
}

/** @internal */
export const HISTORY_SAMPLE_MS = seconds(5);
const SAMPLES_KEPT = minutes(15) / HISTORY_SAMPLE_MS + 1;

/** Fifteen minutes of load, for pages that are opened after the fact. @internal */
export class LoadHistory {
  private readonly samples: Sample[] = [];
  private cancelNext: (() => void) | undefined;
  private sampledAt: number;

  constructor(private readonly init: LoadHistoryInit) {
    this.sampledAt = init.clock.elapsed();
  }

  get columns(): LoadHistoryColumns {
    const column = (name: keyof Sample): number[] => this.samples.map((sample) => sample[name]);
    return {
      at: column('at'),
      cpu: column('cpu'),
      memory: column('memory'),
      gpu: column('gpu'),
      eventLoopDelayMs: column('eventLoopDelayMs'),
    };
  }

  onApplicationBootstrap(): void {
    this.schedule();
  }

  onApplicationShutdown(): void {
    this.cancelNext?.();
  }

  private schedule(): void {
    this.cancelNext = this.init.clock.schedule(HISTORY_SAMPLE_MS, () => {
      this.sample();
      this.schedule();
    });
  }

  private sample(): void {
    const { resources, eventLoop, clock } = this.init;
    const delayMs = eventLoop.maxDelaySince(this.sampledAt);
    this.sampledAt = clock.elapsed();
    this.samples.push({ at: clock.now(), ...resources.usage, eventLoopDelayMs: Math.round(delayMs * 10) / 10 });
    if (this.samples.length > SAMPLES_KEPT) this.samples.shift();
  }
}
