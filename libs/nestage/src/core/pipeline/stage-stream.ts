import type { RequestContext } from '../context/request-context.js';
import { untilAborted } from '../context/until-aborted.js';

/** Told of a stream's life: each item as it passes, and its end with the error if it failed. @publicApi */
export interface StageStreamObserver {
  /** The consumer asks for the next item. */
  readonly asked?: () => void;
  readonly item?: (item: unknown) => void;
  /** Called exactly once, also when the consumer stops early (then without an error). */
  readonly end?: (error: unknown) => void;
  /** Called exactly once, after `end`, when the source itself has come to rest: later than `end` if it ignores that nobody reads it. */
  readonly rest?: () => void;
}

/**
 * The items of a streaming `run`. The first one has been taken already, so that a failure before it is an ordinary error.
 * Can be read once. When the request's signal fires, reading rejects with its reason at once, even if the source does not react;
 * the source's `finally` runs as soon as it lets it.
 * @publicApi
 */
export class StageStream implements AsyncIterable<unknown> {
  private readonly observers: StageStreamObserver[] = [];
  /** Set by the end: resolves when the source has come to rest. */
  private resting: Promise<void> | undefined;

  private constructor(
    private readonly source: AsyncIterator<unknown>,
    private first: IteratorResult<unknown> | undefined,
    private readonly context: RequestContext,
  ) {}

  /** Takes the first item. Rejects with what the source throws before it, or with the signal's reason once the source lets it. */
  static async open(iterable: AsyncIterable<unknown>, context: RequestContext): Promise<StageStream> {
    const source = iterable[Symbol.asyncIterator]();
    try {
      refuseAborted(context);
      const stream = new StageStream(source, await source.next(), context);
      refuseAborted(context);
      context.onDispose(() => stream.discard());
      return stream;
    } catch (error) {
      void close(source);
      throw error;
    }
  }

  observe(observer: StageStreamObserver): this {
    if (!this.resting) this.observers.push(observer);
    else {
      observer.end?.(undefined);
      void this.resting.then(() => observer.rest?.());
    }
    return this;
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<unknown, void, void> {
    let failure: unknown;
    let isExhausted = false;
    try {
      for (;;) {
        for (const { asked } of this.observers) asked?.();
        const { done, value } = (await this.next()) as IteratorResult<unknown, unknown>;
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
      this.end(failure, isExhausted);
    }
  }

  /** Ends a stream that nobody will read. */
  discard(): void {
    this.end(undefined);
  }

  private async next(): Promise<IteratorResult<unknown>> {
    const { first } = this;
    this.first = undefined;
    if (first) return first;
    return untilAborted(this.source.next(), this.context); // the signal's listeners would be 2 microseconds an item
  }

  private end(error: unknown, isExhausted = false): void {
    if (this.resting) return;
    this.resting = isExhausted ? Promise.resolve() : close(this.source);
    for (const observer of this.observers) observer.end?.(error);
    void this.resting.then(() => {
      for (const observer of this.observers) observer.rest?.();
    });
  }
}

function refuseAborted({ abortedBy }: RequestContext): void {
  if (abortedBy) throw abortedBy;
}

/**
 * Lets a source run its `finally`; a generator that is still busy does so when it comes to its next `yield`.
 * Resolves when it has.
 */
async function close(source: AsyncIterator<unknown>): Promise<void> {
  try {
    await source.return?.();
  } catch {
    // the reader has gone: a source that fails while it is closed has no one left to tell
  }
}
