import type { Clock } from '../../common/clock.js';
import type { StageStreamObserver } from '../../core/pipeline/stage-stream.js';
import type { DeadlineOptions } from './deadline.options.js';
import { DeadlineTimer } from './deadline-timer.js';

/**
 * The deadlines of a stream: of the whole, and of each item that is waited for. Items cost no timers of their own: the one there is looks
 * again when the item it was set for has come.
 * @internal
 */
export class StreamDeadline implements StageStreamObserver {
  private readonly timer: DeadlineTimer;
  private readonly endsAt: number;
  private askedAt: number | undefined;

  constructor(
    private readonly clock: Clock,
    private readonly limits: DeadlineOptions,
    private readonly expire: () => void,
  ) {
    this.timer = new DeadlineTimer(clock, () => this.look());
    this.endsAt = clock.elapsed() + limits.streamTimeoutMs;
    this.timer.set(Math.min(limits.itemTimeoutMs, limits.streamTimeoutMs));
  }

  asked(): void {
    this.askedAt = this.clock.elapsed();
  }

  item(): void {
    this.askedAt = undefined; // the time that the consumer takes is not the source's
  }

  end(): void {
    this.timer.clear();
  }

  private look(): void {
    const now = this.clock.elapsed();
    const { itemTimeoutMs } = this.limits;
    const itemLeftMs = this.askedAt === undefined ? itemTimeoutMs : this.askedAt + itemTimeoutMs - now;
    const leftMs = Math.min(itemLeftMs, this.endsAt - now);
    if (leftMs <= 0) this.expire();
    else this.timer.set(leftMs);
  }
}
