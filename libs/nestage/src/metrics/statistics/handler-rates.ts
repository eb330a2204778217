import type { Clock } from '../../common/clock.js';
import { seconds } from '../../common/duration.js';
import { endOf, type RequestEvents } from '../../core/context/request-events.js';
import { SliceRing } from './slice-ring.js';

const SLICE_MS = seconds(1);
const SLICES = 10;

interface Tally {
  count: number;
}

/** How many requests a second each handler has answered in the last ten seconds. @internal */
export class HandlerRates {
  private readonly byHandler = new Map<string, SliceRing<Tally>>();

  constructor(
    requests: RequestEvents,
    private readonly clock: Clock,
  ) {
    requests.observe({
      finished: (request) => {
        const { handlerName } = request.context;
        if (handlerName) this.of(handlerName).current(endOf(request)).count++;
      },
    });
  }

  perSecond(handler: string): number {
    let count = 0;
    for (const slice of this.byHandler.get(handler)?.slices() ?? []) count += slice.count;
    return count / SLICES;
  }

  private of(handler: string): SliceRing<Tally> {
    const known = this.byHandler.get(handler);
    if (known) return known;
    const ring = new SliceRing<Tally>({
      sliceMs: SLICE_MS,
      count: SLICES,
      clock: this.clock,
      create: () => ({ count: 0 }),
      reset: (tally) => (tally.count = 0),
    });
    this.byHandler.set(handler, ring);
    return ring;
  }
}
