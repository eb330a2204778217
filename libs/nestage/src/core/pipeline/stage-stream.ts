import { type ItemReceiver, ItemSource } from '../../common/items/item-source.js';
import { itemsOf } from '../../common/items/iterator-items.js';
import { PrimedItems } from '../../common/items/primed-items.js';
import { contextStorage } from '../context/context-storage.js';
import type { RequestAbortedError } from '../context/request-aborted.error.js';
import type { RequestContext } from '../context/request-context.js';

/**
 * Told of a stream's life: each item as it passes, and its end with the error if it failed. `asked` and `item` fail the stream by throwing; what
 * `end` and `rest` throw is dropped.
 * @publicApi
 */
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
 * Can be read once. When the request's signal fires, reading fails with its reason at once, even if the source does not react;
 * the source's `finally` runs as soon as it lets it.
 * @publicApi
 */
export class StageStream extends ItemSource<unknown> implements ItemReceiver<unknown> {
  private readonly observers: StageStreamObserver[] = [];
  /** Who waits for an item. */
  private receiver: ItemReceiver<unknown> | undefined;
  private isOver = false;
  /** Set by an end that the source has not come to by itself: resolves when it has come to rest. */
  private resting: Promise<void> | undefined;
  private readonly stopListening: () => void;

  private constructor(
    private readonly source: ItemSource<unknown>,
    private readonly context: RequestContext,
  ) {
    super();
    // one listener a stream: one an item would be 2 microseconds each
    this.stopListening = context.onAbort((reason) => this.abort(reason));
    context.onDispose(() => this.discard());
  }

  /** Takes the first item. Rejects with what the source throws before it, or with the signal's reason once the source lets it. */
  static open(iterable: AsyncIterable<unknown>, context: RequestContext): Promise<StageStream> {
    return new Promise((resolve, reject) => {
      const source = itemsOf(iterable);
      const fail = (error: Error): void => {
        void rested(source);
        reject(error);
      };
      const begin = (first: { readonly value: unknown } | undefined): void => {
        if (context.abortedBy) fail(context.abortedBy);
        else resolve(new StageStream(new PrimedItems(source, first), context));
      };
      if (context.abortedBy) return fail(context.abortedBy);
      source.ask({ item: (value) => begin({ value }), end: () => begin(undefined), fail });
    });
  }

  observe(observer: StageStreamObserver): this {
    if (!this.isOver) this.observers.push(observer);
    else {
      observer.end?.(undefined);
      this.whenResting(() => tellAll([observer], tellRest));
    }
    return this;
  }

  ask(receiver: ItemReceiver<unknown>): void {
    if (this.isOver) return receiver.end();
    this.receiver = receiver;
    const { abortedBy } = this.context;
    if (abortedBy) return this.fail(abortedBy);
    try {
      for (const observer of this.observers) observer.asked?.();
    } catch (error) {
      return this.fail(error);
    }
    this.source.ask(this);
  }

  item(value: unknown): void {
    if (!this.receiver) return;
    try {
      for (const observer of this.observers) observer.item?.(value);
    } catch (error) {
      return this.fail(error);
    }
    this.answered()?.item(value);
  }

  end(): void {
    const receiver = this.answered();
    this.finish(undefined, true);
    receiver?.end();
  }

  fail(error: unknown): void {
    const receiver = this.answered();
    this.finish(error);
    receiver?.fail(error);
  }

  /** Its reader stops early. Resolves when the source has come to rest, however that went. */
  close(): Promise<void> {
    this.receiver = undefined;
    this.finish(undefined);
    return this.resting ?? Promise.resolve();
  }

  /** Ends a stream that nobody will read. */
  discard(): void {
    void this.close();
  }

  /** Nobody may be waiting just now: who asks next is told. */
  private abort(reason: RequestAbortedError): void {
    if (this.receiver) this.fail(reason);
  }

  private answered(): ItemReceiver<unknown> | undefined {
    const { receiver } = this;
    this.receiver = undefined;
    return receiver;
  }

  /** @param isAtRest whether the source has ended by itself: there is nothing to be closed */
  private finish(error: unknown, isAtRest = false): void {
    if (this.isOver) return;
    this.isOver = true;
    this.stopListening();
    // whoever stops it, such as an event of a socket that belongs to no request
    if (!isAtRest) this.resting = contextStorage.run(this.context, rested, this.source);
    tellAll(this.observers, (observer) => observer.end?.(error));
    this.whenResting(() => tellAll(this.observers, tellRest));
  }

  private whenResting(tell: () => void): void {
    if (this.resting) void this.resting.then(tell);
    else tell();
  }
}

const tellRest = (observer: StageStreamObserver): void => observer.rest?.();

/** An observer that fails must not keep the others from hearing of the end, nor end the process: nobody waits for what it throws. */
function tellAll(observers: readonly StageStreamObserver[], tell: (observer: StageStreamObserver) => void): void {
  for (const observer of observers) {
    try {
      tell(observer);
    } catch {
      // as above
    }
  }
}

/**
 * Lets a source run its `finally`; a generator that is still busy does so when it comes to its next `yield`.
 * Resolves when it has.
 */
async function rested(source: ItemSource<unknown>): Promise<void> {
  try {
    await source.close();
  } catch {
    // the reader has gone: a source that fails while it is closed has no one left to tell
  }
}
