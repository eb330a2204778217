import { STREAM_WINDOW } from './wire/messages.js';

/** Tells the worker of its reader. @internal */
export interface WorkerStreamInit {
  readonly credit: (items: number) => void;
  readonly return: () => void;
}

/** Credit is given in portions: a message an item would cost more than the items. */
const PORTION = STREAM_WINDOW / 2;

/**
 * The items of a worker's stream, read on the main thread. No more than the window lie here unread.
 * @internal
 */
export class WorkerStream implements AsyncIterableIterator<unknown> {
  private readonly unread: unknown[] = [];
  private readonly readers: { resolve: (result: IteratorResult<unknown, undefined>) => void; reject: (error: unknown) => void }[] = [];
  private ended: { readonly error?: unknown } | undefined;
  private taken = 0;
  private resolveRest!: () => void;
  /** Resolves when the worker is through with it. */
  private readonly rest = new Promise<void>((resolve) => (this.resolveRest = resolve));

  constructor(private readonly init: WorkerStreamInit) {}

  push(item: unknown): void {
    if (this.ended) return;
    const reader = this.readers.shift();
    if (!reader) return void this.unread.push(item);
    this.count();
    reader.resolve({ done: false, value: item });
  }

  /** No more items come; those that have come are still read, unless `error` says that nobody wants them. */
  end(end: { readonly error?: unknown } = {}): void {
    this.ended ??= end;
    for (const reader of this.readers.splice(0)) this.answerEnd(reader);
  }

  /** The worker is through with it. */
  settle(): void {
    this.resolveRest();
  }

  next(): Promise<IteratorResult<unknown, undefined>> {
    return new Promise((resolve, reject) => {
      if (this.unread.length > 0) {
        this.count();
        resolve({ done: false, value: this.unread.shift() });
      } else if (this.ended) this.answerEnd({ resolve, reject });
      else this.readers.push({ resolve, reject });
    });
  }

  /** Resolves when the source has run its `finally`. */
  async return(): Promise<IteratorResult<unknown, undefined>> {
    this.unread.length = 0;
    this.ended = {};
    this.end();
    this.init.return();
    await this.rest;
    return { done: true, value: undefined };
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  private answerEnd({ resolve, reject }: (typeof this.readers)[number]): void {
    const { error } = this.ended ?? {};
    this.ended = {}; // a failure is told once
    if (error === undefined) resolve({ done: true, value: undefined });
    else reject(error);
  }

  private count(): void {
    if (++this.taken % PORTION === 0) this.init.credit(PORTION);
  }
}
