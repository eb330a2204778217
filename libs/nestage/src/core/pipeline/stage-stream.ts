import { type ItemReceiver, ItemSource } from '../../common/items/item-source.js';
import { itemsOf } from '../../common/items/iterator-items.js';
import { primed } from '../../common/items/primed-items.js';
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
  /** Set by the end: resolves when the source has come to rest. */
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
  static async open(iterable: AsyncIterable<unknown>, context: RequestContext): Promise<StageStream> {
    const source = itemsOf(iterable);
    try {
      refuseAborted(context);
      const items = await primed(source);
      refuseAborted(context);
      return new StageStream(items, context);
    } catch (error) {
      void rested(source);
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

  ask(receiver: ItemReceiver<unknown>): void {
    if (this.resting) return receiver.end();
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
    this.finish(undefined);
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

  private finish(error: unknown): void {
    if (this.resting) return;
    this.stopListening();
    // whoever ends it, such as an event of a socket that belongs to no request
    this.resting = contextStorage.run(this.context, () => rested(this.source));
    for (const observer of this.observers) quietly(() => observer.end?.(error));
    void this.resting.then(() => {
      for (const observer of this.observers) quietly(() => observer.rest?.());
    });
  }
}

/** An observer that fails must not keep the others from hearing of the end, nor end the process: nobody waits for what it throws. */
function quietly(tell: () => void): void {
  try {
    tell();
  } catch {
    // as above
  }
}

function refuseAborted({ abortedBy }: RequestContext): void {
  if (abortedBy) throw abortedBy;
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
