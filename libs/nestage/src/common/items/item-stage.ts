import { isPromiseLike } from '../type-guards.js';
import { type ItemReceiver, ItemSource } from './item-source.js';

/**
 * A step on the way of items: what it is given it hands on to whoever has asked, changed or not, or asks for more. It may be told of a failure
 * and of the end as well.
 * @internal
 */
export abstract class ItemStage<In, Out> extends ItemSource<Out> implements ItemReceiver<In> {
  /** Who has asked; the same one as long as it is not closed. */
  protected receiver!: ItemReceiver<Out>;
  /** Whether there are no more items, whatever the source would still give. */
  protected isOver = false;

  constructor(protected readonly source: ItemSource<In>) {
    super();
  }

  ask(receiver: ItemReceiver<Out>): void {
    this.receiver = receiver;
    if (this.isOver) receiver.end();
    else this.source.ask(this);
  }

  close(): Promise<void> {
    this.isOver = true;
    return this.source.close();
  }

  abstract item(value: In): void;

  end(): void {
    this.isOver = true;
    this.receiver.end();
  }

  fail(error: unknown): void {
    this.isOver = true;
    this.receiver.fail(error);
  }

  /** The step itself has failed: nothing more is wanted of its source. */
  protected breakOff(error: unknown): void {
    void this.source.close().catch(() => undefined); // the first failure is the one that is told
    this.fail(error);
  }
}

/** Each item as `map` makes it; the next one is asked for when that has settled. @internal */
export class MappedItems<In, Out> extends ItemStage<In, Out> {
  private readonly onMapped = this.mapped.bind(this);
  private readonly onFailed = this.failed.bind(this);

  constructor(
    source: ItemSource<In>,
    private readonly map: (value: In) => Out | PromiseLike<Out>,
  ) {
    super(source);
  }

  item(value: In): void {
    let mapped: Out | PromiseLike<Out>;
    try {
      mapped = this.map(value);
    } catch (error) {
      return this.breakOff(error);
    }
    if (isPromiseLike<Out>(mapped)) mapped.then(this.onMapped, this.onFailed);
    else this.receiver.item(mapped);
  }

  private mapped(value: Out): void {
    if (!this.isOver) this.receiver.item(value);
  }

  private failed(error: unknown): void {
    if (!this.isOver) this.breakOff(error);
  }
}
