import type { CompletionHead } from './chat-completions.protocol.js';
import { type ChatUsage, type FinishReason, toChatResult, usageOnWire } from './chat-completion.result.js';
import type { OpenAiErrorBody } from './openai-error.js';

/** @internal */
export interface ChatChunksInit {
  readonly head: CompletionHead;
  /** Whether a last chunk carries the usage, as `stream_options.include_usage` asks. */
  readonly includesUsage: boolean;
  /** Logs an error and gives what may be shown of it. */
  readonly fail: (thrown: unknown) => OpenAiErrorBody;
}

/**
 * Items as `chat.completion.chunk` events: the role first, then the text, then the finish reason, the usage if asked for, and `[DONE]`.
 * A failure is one event with the error and the end: no finish reason, no `[DONE]`.
 * @internal
 */
export async function* chatChunks(
  items: AsyncIterable<unknown>,
  { head, includesUsage, fail }: ChatChunksInit,
): AsyncGenerator<string, void, void> {
  const chunk = (delta: object, finish: FinishReason | null = null): string =>
    event({ ...head, object: 'chat.completion.chunk', choices: [{ index: 0, delta, logprobs: null, finish_reason: finish }] });
  let finish: FinishReason = 'stop';
  let usage: ChatUsage | undefined;
  try {
    let isFirst = true;
    for await (const item of items) {
      const result = toChatResult(item);
      finish = result.finishReason ?? finish;
      usage = result.usage ?? usage;
      yield chunk(isFirst ? { role: 'assistant', content: result.content } : { content: result.content });
      isFirst = false;
    }
    if (isFirst) yield chunk({ role: 'assistant', content: '' });
    yield chunk({}, finish);
    if (includesUsage && usage) yield event({ ...head, object: 'chat.completion.chunk', choices: [], usage: usageOnWire(usage) });
    yield 'data: [DONE]\n\n';
  } catch (thrown) {
    yield event(fail(thrown));
  }
}

const event = (data: object): string => `data: ${JSON.stringify(data)}\n\n`;
