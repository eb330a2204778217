import { type ItemReceiver, ItemSource } from './item-source.js';

/** Items of which the first has been taken already; the others come from their source without a detour. @internal */
export class PrimedItems<T> extends ItemSource<T> {
  private isFirstDue: boolean;

  constructor(
    private readonly source: ItemSource<T>,
    /** `undefined` where there is none. */
    readonly first: { readonly value: T } | undefined,
  ) {
    super();
    this.isFirstDue = first !== undefined;
  }

  ask(receiver: ItemReceiver<T>): void {
    if (!this.isFirstDue || !this.first) return this.source.ask(receiver);
    this.isFirstDue = false;
    receiver.item(this.first.value);
  }

  close(): Promise<void> {
    this.isFirstDue = false;
    return this.source.close();
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
