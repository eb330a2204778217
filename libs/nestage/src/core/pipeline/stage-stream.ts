import { raceAbort } from '../../common/abort.js';
import type { RequestContext } from '../context/request-context.js';

/** Told of a stream's life: each item as it passes, and its end with the error if it failed. @publicApi */
export interface StageStreamObserver {
  readonly item?: (item: unknown) => void;
  /** Called exactly once, also when the consumer stops early (then without an error). */
  readonly end?: (error: unknown) => void;
}

/**
 * The items of a streaming `run`. The first one has been taken already, so that a failure before it is an ordinary error.
 * Can be read once. When the request's signal fires, reading rejects with its reason at once, even if the source does not react;
 * the source's `finally` runs as soon as it lets it.
 * @publicApi
 */
export class StageStream implements AsyncIterable<unknown> {
  private readonly observers: StageStreamObserver[] = [];
  private hasEnded = false;

  private constructor(
    private readonly source: AsyncIterator<unknown>,
    private first: IteratorResult<unknown> | undefined,
    private readonly context: RequestContext,
  ) {}

  /** Takes the first item. Rejects with what the source throws before it, or with the signal's reason. */
  static async open(iterable: AsyncIterable<unknown>, context: RequestContext): Promise<StageStream> {
    const source = iterable[Symbol.asyncIterator]();
    try {
      const stream = new StageStream(source, await raceAbort(source.next(), context.signal), context);
      context.onDispose(() => stream.discard());
      return stream;
    } catch (error) {
      closeQuietly(source);
      throw error;
    }
  }

  observe(observer: StageStreamObserver): this {
    this.observers.push(observer);
    return this;
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<unknown, void, void> {
    let failure: unknown;
    let isExhausted = false;
    try {
      for (;;) {
        const { done, value } = await this.next();
        if (done) {
          isExhausted = true;
          return;
        }
        for (const { item } of this.observers) item?.(value);
        yield value;
      }
    } catch (error) {
      failure = error;
      throw error;
    } finally {
      if (!isExhausted) closeQuietly(this.source);
      this.end(failure);
    }
  }

  /** Ends a stream that nobody will read. */
  discard(): void {
    closeQuietly(this.source);
    this.end(undefined);
  }

  private async next(): Promise<IteratorResult<unknown>> {
    const { first } = this;
    this.first = undefined;
    if (first) return first;
    return raceAbort(this.source.next(), this.context.signal);
  }

  private end(error: unknown): void {
    if (this.hasEnded) return;
    this.hasEnded = true;
    for (const observer of this.observers) observer.end?.(error);
  }
}

/** Lets a source run its `finally`; a generator that is still busy does so when it comes to its next `yield`. */
function closeQuietly(source: AsyncIterator<unknown>): void {
  try {
    // The reader has gone: a source that fails while it is closed has no one left to tell.
    Promise.resolve(source.return?.()).catch(() => undefined);
  } catch {
    // as above, for iterators whose `return` throws instead of rejecting
  }
}
