import { type ItemReceiver, ItemSource } from './item-source.js';

/** Items of any AsyncIterable, as a source; one that is a source already as it is. @internal */
export function itemsOf<T>(iterable: AsyncIterable<T>): ItemSource<T> {
  return iterable instanceof ItemSource ? (iterable as ItemSource<T>) : new IteratorItems(iterable[Symbol.asyncIterator]());
}

/** What an iterator gives. Its `return` is called once, and not when it has ended by itself. */
class IteratorItems<T> extends ItemSource<T> {
  private receiver: ItemReceiver<T> | undefined;
  private isOver = false;
  private closing: Promise<void> | undefined;
  private readonly onGiven = this.given.bind(this);
  private readonly onFailed = this.failed.bind(this);

  constructor(private readonly iterator: AsyncIterator<T>) {
    super();
  }

  ask(receiver: ItemReceiver<T>): void {
    if (this.isOver) return receiver.end();
    this.receiver = receiver;
    try {
      // Most give promises; what is none is answered later all the same, or those who ask at once would never come to an end.
      Promise.resolve(this.iterator.next()).then(this.onGiven, this.onFailed);
    } catch (error) {
      this.failed(error);
    }
  }

  close(): Promise<void> {
    this.receiver = undefined;
    if (!this.isOver) {
      this.isOver = true;
      this.closing = this.return();
    }
    return this.closing ?? Promise.resolve();
  }

  private async return(): Promise<void> {
    await this.iterator.return?.();
  }

  private given(result: IteratorResult<T, unknown>): void {
    const { receiver } = this;
    if (!receiver) return;
    this.receiver = undefined;
    if (!result.done) return receiver.item(result.value);
    this.isOver = true;
    receiver.end();
  }

  private failed(error: unknown): void {
    const { receiver } = this;
    this.receiver = undefined;
    this.isOver = true;
    receiver?.fail(error);
  }
}
