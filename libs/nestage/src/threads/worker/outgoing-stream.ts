import { STREAM_WINDOW } from '../wire/messages.js';

/** What an outgoing stream needs to know and say. @internal */
export interface OutgoingStreamInit {
  readonly items: AsyncIterable<unknown>;
  readonly send: (item: unknown) => void;
}

/**
 * Hands the items of a stream over, never more than the reader has credit for: a slow reader holds the model back.
 * @internal
 */
export class OutgoingStream {
  private credit = STREAM_WINDOW;
  private isOver = false;
  private wake: () => void = () => undefined;
  /** Time spent in making items, waiting for credit left out. */
  activeMs = 0;

  constructor(private readonly init: OutgoingStreamInit) {}

  addCredit(items: number): void {
    this.credit += items;
    this.wake();
  }

  /** Nobody reads any more: the source runs its `finally` as soon as it lets us. */
  return(): void {
    this.isOver = true;
    this.wake();
  }

  /** Resolves when the source has ended; rejects with what it throws. */
  async pump(): Promise<void> {
    const source = this.init.items[Symbol.asyncIterator]();
    for (;;) {
      if (this.credit === 0 && !this.isOver) await new Promise<void>((resolve) => (this.wake = resolve));
      if (this.isOver) {
        await source.return?.();
        return;
      }
      const since = performance.now();
      const { done, value } = (await source.next()) as IteratorResult<unknown, unknown>;
      this.activeMs += performance.now() - since;
      if (done) return;
      if (this.isOver) continue;
      this.credit--;
      try {
        this.init.send(value);
      } catch (error) {
        await source.return?.();
        throw error;
      }
    }
  }
}
