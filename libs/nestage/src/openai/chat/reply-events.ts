import { isAsyncIterable } from '../../common/type-guards.js';
import type { ChatEvent } from './chat-event.js';
import type { ChatItem, ChatResult } from './chat-reply.js';
import { ReplyShaper, type ReplyRules } from './reply-shaper.js';

/** @internal */
export interface ReplyEventsInit {
  /** What `run` gave. */
  readonly reply: unknown;
  readonly choice: number;
  readonly rules: ReplyRules;
  readonly signal: AbortSignal;
}

/**
 * The events of one choice as they come. Whoever stops reading, and the end that the rules set, stop the model, too: its iterator is closed.
 * @throws ModelError for what is no reply; what the model throws; the signal's reason
 * @internal
 */
export async function* replyEvents({ reply, choice, rules, signal }: ReplyEventsInit): AsyncGenerator<ChatEvent, void, void> {
  const shaper = new ReplyShaper(choice, rules);
  const given = await reply;
  const items = isAsyncIterable(given) ? (whileWanted(given, signal) as AsyncIterable<ChatItem>) : [given as string | ChatResult];
  for await (const item of items) {
    const event = shaper.push(item);
    if (event) yield event;
    if (shaper.isOver) break;
  }
  yield* shaper.end();
}

/** Closes the source as soon as the signal fires, even while an item is waited for, and ends with the signal's reason. */
async function* whileWanted(source: AsyncIterable<unknown>, signal: AbortSignal): AsyncGenerator<unknown, void, void> {
  const iterator = source[Symbol.asyncIterator]();
  let closing: Promise<unknown> | undefined;
  const close = (): Promise<unknown> => (closing ??= Promise.resolve(iterator.return?.()));
  const onAbort = (): void => void close().catch(() => undefined); // its reader has gone: no one is left to tell
  const next = async (): Promise<IteratorResult<unknown>> => {
    try {
      const result = await iterator.next();
      if (result.done) closing ??= Promise.resolve();
      return result;
    } catch (error) {
      closing ??= Promise.resolve();
      throw error;
    }
  };
  signal.addEventListener('abort', onAbort, { once: true });
  try {
    for (;;) {
      signal.throwIfAborted();
      const { done, value } = (await next()) as IteratorResult<unknown, unknown>;
      signal.throwIfAborted();
      if (done) return;
      yield value;
    }
  } finally {
    signal.removeEventListener('abort', onAbort);
    await close();
  }
}
