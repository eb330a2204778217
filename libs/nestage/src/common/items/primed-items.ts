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
 * Takes the first item now, so that a failure before it is a failure here; the result gives that item again and then the rest.
 * @returns them at once where the source answers at once, and throws then, too
 * @internal
 */
export function primed<T>(source: ItemSource<T>): PrimedItems<T> | Promise<PrimedItems<T>> {
  const priming = new Priming(source);
  source.ask(priming);
  return priming.result();
}

class Priming<T> implements ItemReceiver<T> {
  private items: PrimedItems<T> | undefined;
  private failure: { readonly error: unknown } | undefined;
  private waiting: { readonly resolve: (items: PrimedItems<T>) => void; readonly reject: (error: unknown) => void } | undefined;

  constructor(private readonly source: ItemSource<T>) {}

  result(): PrimedItems<T> | Promise<PrimedItems<T>> {
    if (this.failure) throw this.failure.error;
    return this.items ?? new Promise((resolve, reject) => (this.waiting = { resolve, reject }));
  }

  item(value: T): void {
    this.begin({ value });
  }

  end(): void {
    this.begin(undefined);
  }

  fail(error: unknown): void {
    this.failure = { error };
    this.waiting?.reject(error);
  }

  private begin(first: PrimedItems<T>['first']): void {
    this.items = new PrimedItems(this.source, first);
    this.waiting?.resolve(this.items);
  }
}
