import type { Clock } from './clock.js';

/** A callback that waits for its time. @internal */
export interface Timeout {
  /** Once it has run or been cleared this does nothing. */
  clear(): void;
}

/**
 * Timeouts that share one timer: thousands of requests wait for the same deadline, and hardly one of them comes to it. They are kept in
 * the order of their times, so those that all take equally long cost the same to add and to clear, however many there are. The timer stays
 * until it has run out, also when nothing waits any more; it never keeps the process alive.
 * @internal
 */
export class TimeoutQueue {
  private first: Entry | undefined;
  private last: Entry | undefined;
  private armedFor: number | undefined;
  private stop: (() => void) | undefined;

  constructor(private readonly clock: Clock) {}

  /** @param dueAt reading of the monotonic clock from which `callback` is due; it runs at the earliest after this call */
  add(dueAt: number, callback: () => void): Timeout {
    const entry = new Entry(this, dueAt, callback);
    let before = this.last;
    while (before && before.dueAt > dueAt) before = before.previous;
    this.link(entry, before);
    if (this.armedFor === undefined || dueAt < this.armedFor) this.arm(dueAt);
    return entry;
  }

  /** Takes an entry out. The timer stays: it looks again when it has run out. */
  remove(entry: Entry): void {
    const { previous, next } = entry;
    if (previous) previous.next = next;
    else this.first = next;
    if (next) next.previous = previous;
    else this.last = previous;
    entry.previous = entry.next = undefined; // an entry that has grown old would keep all later ones
  }

  private link(entry: Entry, previous: Entry | undefined): void {
    const next = previous ? previous.next : this.first;
    entry.previous = previous;
    entry.next = next;
    if (previous) previous.next = entry;
    else this.first = entry;
    if (next) next.previous = entry;
    else this.last = entry;
  }

  private arm(dueAt: number): void {
    this.stop?.();
    this.armedFor = dueAt;
    this.stop = this.clock.schedule(Math.max(1, dueAt - this.clock.elapsed()), () => this.expire());
  }

  private expire(): void {
    this.armedFor = undefined;
    const now = this.clock.elapsed();
    try {
      for (let { first } = this; first && first.dueAt <= now; first = this.first) first.run();
    } finally {
      this.goOn(); // those after one that has thrown are due as well
    }
  }

  private goOn(): void {
    const { first } = this;
    if (first && (this.armedFor === undefined || first.dueAt < this.armedFor)) this.arm(first.dueAt);
  }
}

class Entry implements Timeout {
  previous: Entry | undefined;
  next: Entry | undefined;
  private isOver = false;

  constructor(
    private readonly queue: TimeoutQueue,
    readonly dueAt: number,
    private readonly callback: () => void,
  ) {}

  clear(): void {
    if (this.isOver) return;
    this.isOver = true;
    this.queue.remove(this);
  }

  run(): void {
    this.clear();
    this.callback();
  }
}
