import { type ItemReceiver, ItemSource } from '../../common/items/item-source.js';
import { itemsOf } from '../../common/items/iterator-items.js';
import { isAsyncIterable } from '../../common/type-guards.js';
import type { ChatEvent } from './chat-event.js';
import type { ChatItem, ChatResult } from './chat-reply.js';
import { ReplyShaper, type ReplyRules } from './reply-shaper.js';

type Said = ChatItem | ChatResult;

/** @internal */
export interface ReplyEventsInit {
  /** What `run` gave. */
  readonly reply: unknown;
  readonly choice: number;
  readonly rules: ReplyRules;
  readonly signal: AbortSignal;
}

/**
 * The events of one choice as they come. Whoever stops reading, the signal, and the end that the rules set, stop the model, too: its iterator
 * is closed, even while an item is waited for. Fails with ModelError for what is no reply, with what the model throws, or with the signal's
 * reason; and not before the model has come to rest, since others may get its place then.
 * @internal
 */
export class ReplyEvents extends ItemSource<ChatEvent> implements ItemReceiver<Said> {
  private readonly shaper: ReplyShaper;
  /** Who waits for an event. */
  private receiver: ItemReceiver<ChatEvent> | undefined;
  private opening: Promise<void> | undefined;
  private items: ItemSource<Said> | undefined;
  /** What is still to be told when the model has been heard. */
  private last: ChatEvent[] | undefined;
  /** What came when nobody waited; told to the next who asks. */
  private failure: { readonly error: unknown } | undefined;
  private isOver = false;
  private readonly onAborted = this.aborted.bind(this);

  constructor(private readonly init: ReplyEventsInit) {
    super();
    this.shaper = new ReplyShaper(init.choice, init.rules);
  }

  ask(receiver: ItemReceiver<ChatEvent>): void {
    this.receiver = receiver;
    if (this.failure) this.tellFailure(this.failure.error);
    else if (this.isOver) receiver.end();
    else if (this.last) this.tell(this.last);
    else if (this.items) this.hear(this.items);
    else
      this.opening = Promise.resolve(this.init.reply).then(
        (given) => this.opened(given),
        (error: unknown) => this.fail(error),
      );
  }

  async close(): Promise<void> {
    this.receiver = undefined;
    this.finish();
    await this.opening;
    await this.items?.close();
  }

  item(said: Said): void {
    let event: ChatEvent | undefined;
    try {
      event = this.shaper.push(said);
    } catch (error) {
      return this.stop(() => this.fail(error));
    }
    if (event) this.answered()?.item(event);
    else if (this.items) this.hear(this.items);
  }

  end(): void {
    if (this.isOver) return;
    try {
      this.tell((this.last = [...this.shaper.end()]));
    } catch (error) {
      this.fail(error);
    }
  }

  fail(error: unknown): void {
    if (this.isOver) return;
    this.finish();
    this.tellFailure(error);
  }

  private opened(given: unknown): void {
    const { signal } = this.init;
    this.items = itemsOf(isAsyncIterable(given) ? (given as AsyncIterable<ChatItem>) : only(given as Said));
    if (this.isOver) return;
    signal.addEventListener('abort', this.onAborted, { once: true });
    if (signal.aborted) this.aborted();
    else this.hear(this.items);
  }

  private aborted(): void {
    this.stop(() => this.fail(this.init.signal.reason));
  }

  private hear(items: ItemSource<Said>): void {
    if (this.shaper.isOver) this.stop(() => this.end());
    else items.ask(this);
  }

  private tell(last: ChatEvent[]): void {
    const event = last.shift();
    if (!event) this.finish();
    const receiver = this.answered();
    if (event) receiver?.item(event);
    else receiver?.end();
  }

  private tellFailure(error: unknown): void {
    const receiver = this.answered();
    this.failure = receiver ? undefined : { error };
    receiver?.fail(error);
  }

  private answered(): ItemReceiver<ChatEvent> | undefined {
    const { receiver } = this;
    this.receiver = undefined;
    return receiver;
  }

  /** Nothing more is wanted of the model. @param then goes on when it has come to rest */
  private stop(then: () => void): void {
    this.items?.close().then(then, (error: unknown) => this.fail(error));
  }

  private finish(): void {
    this.isOver = true;
    this.init.signal.removeEventListener('abort', this.onAborted);
  }
}

async function* only<T>(value: T): AsyncGenerator<T, void, void> {
  yield value;
}
