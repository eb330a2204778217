import type { ItemReceiver, ItemSource } from './item-source.js';

interface Reading<T> {
  readonly resolve: (result: IteratorResult<T, undefined>) => void;
  readonly reject: (error: unknown) => void;
}

const DONE = { done: true, value: undefined } as const;

/** Reads a source as `for await` does. Calls of `next` that overlap are answered in their order. @internal */
export class ItemReader<T> implements AsyncIterableIterator<T>, ItemReceiver<T> {
  private readonly readings: Reading<T>[] = [];
  private isOver = false;

  constructor(private readonly source: ItemSource<T>) {}

  next(): Promise<IteratorResult<T, undefined>> {
    return new Promise((resolve, reject) => {
      if (this.isOver) return resolve(DONE);
      this.readings.push({ resolve, reject });
      if (this.readings.length === 1) this.source.ask(this);
    });
  }

  async return(): Promise<IteratorResult<T, undefined>> {
    if (!this.isOver) {
      this.finish();
      await this.source.close();
    }
    return DONE;
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  item(value: T): void {
    this.readings.shift()?.resolve({ done: false, value });
    if (this.readings.length > 0) this.source.ask(this);
  }

  end(): void {
    this.finish();
  }

  fail(error: unknown): void {
    this.readings.shift()?.reject(error);
    this.finish();
  }

  private finish(): void {
    this.isOver = true;
    for (const { resolve } of this.readings.splice(0)) resolve(DONE);
  }
}
