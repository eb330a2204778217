import { Heartbeats } from '../../common/heartbeats.js';
import type { OpenAiErrorBody } from '../openai-error.js';
import { type ChatEvent, type ChatPiece, sumUsage, type WholeChoice, type WholeReply } from './chat-event.js';
import type { ChatUsage, FinishReason } from './chat-reply.js';
import type { ToolCallPiece } from './tool-calls.js';

/** One completion's identity, the same in all its chunks. @internal */
export interface CompletionHead {
  readonly id: string;
  readonly created: number;
  readonly model: string;
}

/** A reply in one piece. @internal */
export function completion({ choices }: WholeReply, head: CompletionHead): object {
  const usage = sumUsage(choices.map((choice) => choice.usage));
  return { ...head, object: 'chat.completion', choices: choices.map(choiceOnWire), ...(usage && { usage: usageOnWire(usage) }) };
}

/** @internal */
export interface ChunksInit {
  readonly head: CompletionHead;
  /** Whether a last chunk carries the usage, as `stream_options.include_usage` asks. */
  readonly includesUsage: boolean;
  /** Longest silence between two chunks before a comment keeps the connection alive. */
  readonly heartbeatMs: number;
  /** Logs an error and gives what may be shown of it. */
  readonly fail: (thrown: unknown) => OpenAiErrorBody;
}

/** A reply as the text of a stream, with a comment line in each long silence. @internal */
export const streamText = (events: AsyncIterable<ChatEvent>, init: ChunksInit): AsyncIterable<string> =>
  new Heartbeats(chunks(events, init), { everyMs: init.heartbeatMs, beat: ': ping\n\n' });

/**
 * A reply as `chat.completion.chunk` events: each choice with its role in the first piece and its finish reason last, then the usage if
 * asked for, and `[DONE]`. A failure is one event with the error and the end: no finish reason, no `[DONE]`.
 */
async function* chunks(events: AsyncIterable<ChatEvent>, { head, includesUsage, fail }: ChunksInit): AsyncGenerator<string, void, void> {
  const begun = new Set<number>();
  const usages: (ChatUsage | undefined)[] = [];
  const chunk = (index: number, delta: object, finish: FinishReason | null, logprobs: object | null = null): string =>
    frame({ ...head, object: 'chat.completion.chunk', choices: [{ index, delta, logprobs, finish_reason: finish }] });
  const roleOf = (choice: number, piece?: ChatPiece): object => {
    if (begun.has(choice)) return {};
    begun.add(choice);
    return { role: 'assistant', content: piece?.toolCalls ? null : '' };
  };
  try {
    for await (const { choice, piece, finishReason, usage } of events) {
      if (piece) yield chunk(choice, { ...roleOf(choice, piece), ...deltaOf(piece) }, null, piece.logprobs);
      if (finishReason === undefined) continue;
      if (!begun.has(choice)) yield chunk(choice, roleOf(choice), null);
      yield chunk(choice, {}, finishReason);
      usages.push(usage);
    }
    const usage = includesUsage ? sumUsage(usages) : undefined;
    if (usage) yield frame({ ...head, object: 'chat.completion.chunk', choices: [], usage: usageOnWire(usage) });
    yield 'data: [DONE]\n\n';
  } catch (thrown) {
    yield frame(fail(thrown));
  }
}

const frame = (data: object): string => `data: ${JSON.stringify(data)}\n\n`;

function deltaOf({ content, reasoning, refusal, toolCalls }: ChatPiece): object {
  return {
    ...(content !== undefined && { content }),
    ...(reasoning !== undefined && { reasoning_content: reasoning }),
    ...(refusal !== undefined && { refusal }),
    ...(toolCalls && { tool_calls: toolCalls.map(toolCallDelta) }),
  };
}

function toolCallDelta({ index, id, name, arguments: text }: ToolCallPiece): object {
  if (name === undefined) return { index, function: { arguments: text } };
  return { index, id, type: 'function', function: { name, arguments: text } };
}

/** The content is null where there is none beside tool calls or a refusal. */
function choiceOnWire({ index, content, reasoning, refusal, toolCalls, logprobs, finishReason }: WholeChoice): object {
  const isContentless = content === '' && (toolCalls.length > 0 || refusal !== '');
  const message = {
    role: 'assistant',
    content: isContentless ? null : content,
    refusal: refusal || null,
    ...(reasoning && { reasoning_content: reasoning }),
    ...(toolCalls.length > 0 && { tool_calls: toolCalls.map(toolCallOnWire) }),
  };
  return { index, message, logprobs: logprobsOf(logprobs), finish_reason: finishReason };
}

const toolCallOnWire = ({ id, name, arguments: text }: ToolCallPiece): object => ({
  id,
  type: 'function',
  function: { name, arguments: text },
});

/** Log probabilities are lists by name, such as `content`: those of all pieces, one after the other. */
function logprobsOf(pieces: readonly object[]): object | null {
  if (pieces.length === 0) return null;
  const names = new Set(pieces.flatMap((each) => Object.keys(each)));
  return Object.fromEntries([...names].map((name) => [name, pieces.flatMap((each) => (each as Record<string, unknown>)[name] ?? [])]));
}

function usageOnWire({ promptTokens, completionTokens, cachedTokens, reasoningTokens }: ChatUsage): object {
  return {
    prompt_tokens: promptTokens,
    completion_tokens: completionTokens,
    total_tokens: promptTokens + completionTokens,
    ...(cachedTokens !== undefined && { prompt_tokens_details: { cached_tokens: cachedTokens } }),
    ...(reasoningTokens !== undefined && { completion_tokens_details: { reasoning_tokens: reasoningTokens } }),
  };
}
