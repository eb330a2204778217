interface Entry<T> {
  readonly time: number;
  /** Of entries of one time, the one that came first is first. */
  readonly order: number;
  readonly value: T;
}

/** What is to happen, by time: a binary heap. */
export class EventQueue<T> {
  private readonly heap: Entry<T>[] = [];
  private pushed = 0;

  push(time: number, value: T): void {
    const { heap } = this;
    const entry = { time, order: this.pushed++, value };
    let place = heap.push(entry) - 1;
    while (place > 0) {
      const parent = (place - 1) >> 1;
      if (!isBefore(entry, heap[parent])) break;
      heap[place] = heap[parent];
      place = parent;
    }
    heap[place] = entry;
  }

  /** The next, or `undefined` when nothing more is to happen. */
  pop(): Entry<T> | undefined {
    const { heap } = this;
    const first = heap[0];
    const last = heap.pop();
    if (last && heap.length > 0) this.sink(last);
    return first;
  }

  private sink(entry: Entry<T>): void {
    const { heap } = this;
    let place = 0;
    for (let child = 1; child < heap.length; child = 2 * place + 1) {
      if (child + 1 < heap.length && isBefore(heap[child + 1], heap[child])) child++;
      if (!isBefore(heap[child], entry)) break;
      heap[place] = heap[child];
      place = child;
    }
    heap[place] = entry;
  }
}

function isBefore<T>(a: Entry<T>, b: Entry<T>): boolean {
  return a.time < b.time || (a.time === b.time && a.order < b.order);
}
