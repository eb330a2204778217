import { type ItemReceiver, ItemSource } from '../../common/items/item-source.js';
import { itemsOf } from '../../common/items/iterator-items.js';

/**
 * Items of several sources as they come, each source in its own order and no more than one item ahead. A failure of one ends them all; so does
 * whoever stops reading.
 * @internal
 */
export class MergedItems<T> extends ItemSource<T> {
  private readonly sources: readonly ItemSource<T>[];
  private readonly arrived: { readonly value: T; readonly next: () => void }[] = [];
  private receiver: ItemReceiver<T> | undefined;
  private running = 0;
  private hasBegun = false;
  private failure: { readonly error: unknown } | undefined;

  constructor(sources: readonly AsyncIterable<T>[]) {
    super();
    this.sources = sources.map((source) => itemsOf(source));
  }

  ask(receiver: ItemReceiver<T>): void {
    this.receiver = receiver;
    if (!this.hasBegun) {
      this.hasBegun = true;
      this.running = this.sources.length;
      for (const source of this.sources) source.ask(this.follow(source));
    }
    this.answer();
  }

  async close(): Promise<void> {
    this.receiver = undefined;
    this.running = 0;
    this.arrived.length = 0;
    await Promise.allSettled(this.sources.map((source) => source.close()));
  }

  private follow(source: ItemSource<T>): ItemReceiver<T> {
    const follower: ItemReceiver<T> = {
      item: (value) => {
        this.arrived.push({ value, next: () => source.ask(follower) });
        this.answer();
      },
      end: () => {
        this.running--;
        this.answer();
      },
      fail: (error) => this.breakOff(error),
    };
    return follower;
  }

  private answer(): void {
    const { receiver } = this;
    if (!receiver) return;
    const item = this.arrived.shift();
    if (!item && this.running > 0) return;
    this.receiver = undefined;
    if (item) {
      item.next();
      receiver.item(item.value);
    } else if (this.failure) {
      const { error } = this.failure;
      this.failure = undefined; // told once
      receiver.fail(error);
    } else receiver.end();
  }

  /** What has arrived is still told, and then the failure, when the others have come to rest. */
  private breakOff(error: unknown): void {
    void Promise.allSettled(this.sources.map((source) => source.close())).then(() => {
      this.failure ??= { error };
      this.running = 0;
      this.answer();
    });
  }
}
