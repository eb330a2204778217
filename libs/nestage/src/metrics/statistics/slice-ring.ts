import type { Clock } from '../../common/clock.js';

/** @internal */
export interface SliceRingInit<T> {
  /** Length of one slice of time. */
  readonly sliceMs: number;
  /** Slices kept, the running one included. */
  readonly count: number;
  readonly clock: Clock;
  readonly create: () => T;
  /** Empties a slice that is used again. */
  readonly reset: (slice: T) => void;
}

interface Slot<T> {
  epoch: number;
  readonly value: T;
}

/**
 * A sliding window as a ring of slices of time: what was put in is seen for `count` slices and then forgotten, so the window covers at
 * most `count * sliceMs` and at least one slice less. Memory is `count` slices; no timers.
 * @internal
 */
export class SliceRing<T> {
  private readonly slots: (Slot<T> | undefined)[];

  constructor(private readonly init: SliceRingInit<T>) {
    this.slots = new Array<Slot<T> | undefined>(init.count).fill(undefined);
  }

  get windowMs(): number {
    return this.init.sliceMs * this.init.count;
  }

  /**
   * The slice that now belongs to.
   * @param now the clock's monotonic reading, for who has taken one just now
   */
  current(now = this.init.clock.elapsed()): T {
    const { create, reset, count } = this.init;
    const epoch = this.epochOf(now);
    const slot = this.slots[epoch % count];
    if (slot?.epoch === epoch) return slot.value;
    if (!slot) {
      const value = create();
      this.slots[epoch % count] = { epoch, value };
      return value;
    }
    slot.epoch = epoch;
    reset(slot.value);
    return slot.value;
  }

  /** Slices of the last `withinMs`, in no order; the whole window by default. */
  *slices(withinMs = this.windowMs): Generator<T> {
    const { sliceMs, count } = this.init;
    const oldest = this.epochOf(this.init.clock.elapsed()) - Math.min(count, Math.max(1, Math.ceil(withinMs / sliceMs)));
    for (const slot of this.slots) if (slot && slot.epoch > oldest) yield slot.value;
  }

  private epochOf(now: number): number {
    return Math.floor(now / this.init.sliceMs);
  }
}
