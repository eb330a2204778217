import type { Clock } from '../../common/clock.js';
import { seconds } from '../../common/duration.js';
import type { RequestEvents } from '../../core/context/request-events.js';
import { SliceRing } from './slice-ring.js';

const SLICE_MS = seconds(1);
const SLICES = 10;

/** How many requests a second each handler has answered in the last ten seconds. @internal */
export class HandlerRates {
  private readonly ring: SliceRing<Map<string, number>>;

  constructor(requests: RequestEvents, clock: Clock) {
    this.ring = new SliceRing({
      sliceMs: SLICE_MS,
      count: SLICES,
      clock,
      create: () => new Map<string, number>(),
      reset: (counts) => counts.clear(),
    });
    requests.observe({
      finished: ({ context: { handlerName } }) => {
        if (!handlerName) return;
        const counts = this.ring.current();
        counts.set(handlerName, (counts.get(handlerName) ?? 0) + 1);
      },
    });
  }

  perSecond(handler: string): number {
    let count = 0;
    for (const slice of this.ring.slices()) count += slice.get(handler) ?? 0;
    return count / SLICES;
  }
}
