import { ItemReader } from './item-reader.js';

/** Who has asked for an item: told once each time, at once or later. None of the three throws. @publicApi */
export interface ItemReceiver<T> {
  item(value: T): void;
  /** There are no more, and nothing goes on behind them: what has ended need not be closed. */
  end(): void;
  fail(error: unknown): void;
}

/**
 * Items that are asked for one at a time. What AsyncIterables say by promises, of which each item of a generator takes several, sources say by
 * calls, so that a row of them costs no more than its first: see `ItemStage`. Can be read once, by `ask` or by `for await`.
 * @publicApi
 */
export abstract class ItemSource<T> implements AsyncIterable<T> {
  /** Asks for the next item; not again before the answer. After the end, or a failure, the answer is `end`. */
  abstract ask(receiver: ItemReceiver<T>): void;

  /**
   * No more items are wanted: who has asked hears no more. Resolves when nothing goes on behind it any longer; rejects with what fails while
   * it is closed.
   */
  abstract close(): Promise<void>;

  [Symbol.asyncIterator](): AsyncIterableIterator<T> {
    return new ItemReader(this);
  }
}
