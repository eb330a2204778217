import type { Clock } from '../../common/clock.js';
import type { Timeout, TimeoutQueue } from '../../common/timeout-queue.js';
import type { RequestContext } from '../../core/context/request-context.js';
import type { StageStreamObserver } from '../../core/pipeline/stage-stream.js';
import type { DeadlineOptions } from './deadline.options.js';
import { startTimer } from './deadline-timer.js';

/** What the streams of one route have in common. @internal */
export interface StreamDeadlineInit {
  readonly clock: Clock;
  readonly limits: DeadlineOptions;
  /** Where streams begin to wait: for their first look all of them equally long. */
  readonly queue: TimeoutQueue;
}

/**
 * The deadlines of a stream: of the whole, and of each item that is waited for. Items cost no timers of their own: the one there is looks
 * again when the item it was set for has come.
 * @internal
 */
export class StreamDeadline implements StageStreamObserver {
  private timeout: Timeout;
  private readonly endsAt: number;
  private askedAt: number | undefined;

  constructor(
    private readonly init: StreamDeadlineInit,
    private readonly context: RequestContext,
  ) {
    const { clock, limits, queue } = init;
    const { itemTimeoutMs, streamTimeoutMs } = limits;
    const now = clock.elapsed();
    this.endsAt = now + streamTimeoutMs;
    this.timeout = queue.add(now + Math.min(itemTimeoutMs, streamTimeoutMs), () => this.look());
  }

  asked(): void {
    this.askedAt = this.init.clock.elapsed();
  }

  item(): void {
    this.askedAt = undefined; // the time that the consumer takes is not the source's
  }

  end(): void {
    this.timeout.clear();
  }

  private look(): void {
    const { clock, limits } = this.init;
    const now = clock.elapsed();
    const { itemTimeoutMs } = limits;
    const itemLeftMs = this.askedAt === undefined ? itemTimeoutMs : this.askedAt + itemTimeoutMs - now;
    const leftMs = Math.min(itemLeftMs, this.endsAt - now);
    if (leftMs > 0) this.timeout = startTimer(clock, leftMs, () => this.look());
    else this.context.abort('deadline');
  }
}
