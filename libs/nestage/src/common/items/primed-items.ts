import type { ItemReceiver, ItemSource } from './item-source.js';
import { ItemStage } from './item-stage.js';

/** Items of which the first has been taken already. @internal */
export class PrimedItems<T> extends ItemStage<T, T> {
  private isFirstGiven = false;

  constructor(
    source: ItemSource<T>,
    /** `undefined` where there is none. */
    readonly first: { readonly value: T } | undefined,
  ) {
    super(source);
    this.isOver = first === undefined;
  }

  override ask(receiver: ItemReceiver<T>): void {
    if (this.isFirstGiven || !this.first || this.isOver) return super.ask(receiver);
    this.isFirstGiven = true;
    receiver.item(this.first.value);
  }

  item(value: T): void {
    this.receiver.item(value);
  }
}

/**
 * Takes the first item now, so that a failure before it rejects here; the result gives that item again and then the rest.
 * @internal
 */
export function primed<T>(source: ItemSource<T>): Promise<PrimedItems<T>> {
  return new Promise((resolve, reject) => {
    source.ask({
      item: (value) => resolve(new PrimedItems(source, { value })),
      end: () => resolve(new PrimedItems(source, undefined)),
      fail: reject,
    });
  });
}
