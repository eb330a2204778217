import type { WorkerContext, WorkerSetup, WorkerTask } from 'nestage/threads/worker';

/** Memory that a test and its workers share. */
export interface Shared {
  /** How often `initialize` ran, how often it fails from the second time on, items that streams made, streams that ended, disposals. */
  readonly counts: Int32Array;
}

export const STARTS = 0;
export const FAILING = 1;
export const ITEMS = 2;
export const ENDED = 3;
export const DISPOSED = 4;

/** Counts what it does where a test can see it. */
export default class SharedWorker implements WorkerTask<number, number> {
  private counts: Int32Array;

  initialize({ data: { counts } }: WorkerSetup<Shared>): void {
    this.counts = counts;
    if (Atomics.add(counts, STARTS, 1) > 0 && Atomics.load(counts, FAILING) === 1) throw new Error('the weights have gone');
  }

  async *run(items: number, { signal }: WorkerContext): AsyncGenerator<number> {
    if (items < 0) process.exit(-items);
    try {
      for (let index = 0; index < items; index++) {
        signal.throwIfAborted();
        Atomics.add(this.counts, ITEMS, 1);
        yield index;
      }
    } finally {
      Atomics.add(this.counts, ENDED, 1);
    }
  }

  dispose(): void {
    Atomics.add(this.counts, DISPOSED, 1);
  }
}
