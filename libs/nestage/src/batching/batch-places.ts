import type { Clock } from '../common/clock.js';
import { minutes } from '../common/duration.js';
import type { BatchItem } from './batch-item.js';

/** How long a batch that nobody waits for any more keeps its place. */
const ABANDONED_MS = minutes(5);

/** Places of the batches of a route that run at once. @internal */
export class BatchPlaces {
  private taken = 0;

  constructor(
    private readonly init: {
      readonly count: number;
      readonly clock: Clock;
      /** Called after each place that has become free. */
      readonly onFree: () => void;
    },
  ) {}

  get areAllTaken(): boolean {
    return this.taken >= this.init.count;
  }

  get areAllFree(): boolean {
    return this.taken === 0;
  }

  /**
   * Takes a place until it is released, or until nobody has waited for results of the batch for five minutes.
   * @returns releases it; a second call does nothing
   */
  take(items: readonly BatchItem[]): () => void {
    let isHeld = true;
    let cancel: (() => void) | undefined;
    const release = (): void => {
      if (!isHeld) return;
      isHeld = false;
      cancel?.();
      this.taken--;
      this.init.onFree();
    };
    this.taken++;
    for (const { result, context } of items) {
      void result.catch(() => {
        const isAbandoned = context.abortedBy && items.every(({ isOver }) => isOver);
        if (isHeld && !cancel && isAbandoned) cancel = this.init.clock.schedule(ABANDONED_MS, release);
      });
    }
    return release;
  }
}
