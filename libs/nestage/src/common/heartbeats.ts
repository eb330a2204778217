import { type Clock, systemClock } from './clock.js';
import type { ItemReceiver } from './items/item-source.js';
import { itemsOf } from './items/iterator-items.js';
import { ItemStage } from './items/item-stage.js';

/** @internal */
export interface HeartbeatOptions {
  /** Longest silence in milliseconds. */
  readonly everyMs: number;
  /** What is put into it. */
  readonly beat: string;
  readonly clock?: Clock;
}

/**
 * Puts a beat into each silence between two chunks, so that nobody on the way takes the connection for dead. None comes before the first
 * chunk. Beats are made when asked for: a reader that is busy gets none. Chunks cost no timers of their own: the one there is looks again
 * when the silence it was set for has been broken.
 * @internal
 */
export class Heartbeats extends ItemStage<string, string> {
  private readonly clock: Clock;
  private cancel: (() => void) | undefined;
  private hasBegun = false;
  /** Whether the source owes an answer, and whether the reader waits for one: after a beat the first may be without the second. */
  private isOwed = false;
  private isAwaited = false;
  /** An answer of the source that came while nobody waited for one. */
  private held: (() => void) | undefined;
  private silentSince = 0;

  constructor(
    chunks: AsyncIterable<string>,
    private readonly options: HeartbeatOptions,
  ) {
    super(itemsOf(chunks));
    this.clock = options.clock ?? systemClock;
  }

  override ask(receiver: ItemReceiver<string>): void {
    const { held } = this;
    this.held = undefined;
    this.isAwaited = true;
    if (held) return held();
    this.silentSince = this.clock.elapsed();
    if (this.hasBegun && !this.isOver) this.listen(this.options.everyMs);
    if (this.isOwed) return;
    this.isOwed = !this.isOver;
    super.ask(receiver);
  }

  item(chunk: string): void {
    this.isOwed = false;
    this.hasBegun = true;
    if (this.isAwaited) this.pass(chunk);
    else this.held = () => this.pass(chunk);
  }

  override end(): void {
    this.settle(() => super.end());
  }

  override fail(error: unknown): void {
    this.settle(() => super.fail(error));
  }

  override close(): Promise<void> {
    this.silence();
    return super.close();
  }

  private settle(tell: () => void): void {
    this.silence();
    if (this.isAwaited) tell();
    else this.held = tell;
  }

  private pass(chunk: string): void {
    this.isAwaited = false;
    this.receiver.item(chunk);
  }

  private listen(forMs: number): void {
    this.cancel ??= this.clock.schedule(forMs, () => {
      this.cancel = undefined;
      if (!this.isAwaited) return;
      const leftMs = this.silentSince + this.options.everyMs - this.clock.elapsed();
      if (leftMs > 0) this.listen(leftMs);
      else this.pass(this.options.beat);
    });
  }

  private silence(): void {
    this.cancel?.();
    this.cancel = undefined;
  }
}
