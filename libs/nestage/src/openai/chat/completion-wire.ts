import { Heartbeats } from '../../common/heartbeats.js';
import { itemsOf } from '../../common/items/iterator-items.js';
import { ItemStage } from '../../common/items/item-stage.js';
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
  new Heartbeats(new CompletionChunks(events, init), { everyMs: init.heartbeatMs, beat: ': ping\n\n' });

/**
 * A reply as `chat.completion.chunk` events: each choice with its role in the first piece and its finish reason last, then the usage if
 * asked for, and `[DONE]`. A failure is one event with the error and the end: no finish reason, no `[DONE]`.
 */
class CompletionChunks extends ItemStage<ChatEvent, string> {
  private readonly begun = new Set<number>();
  private readonly usages: (ChatUsage | undefined)[] = [];
  /** What all chunks begin with. */
  private readonly opening: string;

  constructor(
    events: AsyncIterable<ChatEvent>,
    private readonly init: ChunksInit,
  ) {
    super(itemsOf(events));
    this.opening = `data: ${JSON.stringify({ ...init.head, object: 'chat.completion.chunk' }).slice(0, -1)},"choices":`;
  }

  item(event: ChatEvent): void {
    let text: string;
    try {
      text = this.textOf(event);
    } catch (error) {
      return this.breakOff(error);
    }
    this.receiver.item(text);
  }

  override end(): void {
    this.isOver = true;
    const usage = this.init.includesUsage ? sumUsage(this.usages) : undefined;
    const last = usage ? `${this.opening}[],"usage":${JSON.stringify(usageOnWire(usage))}}\n\n` : '';
    this.receiver.item(`${last}data: [DONE]\n\n`);
  }

  override fail(thrown: unknown): void {
    this.isOver = true;
    this.receiver.item(`data: ${JSON.stringify(this.init.fail(thrown))}\n\n`);
  }

  private textOf({ choice, piece, finishReason, usage }: ChatEvent): string {
    const said = piece ? this.chunk(choice, { ...this.roleOf(choice, piece), ...deltaOf(piece) }, null, piece.logprobs) : '';
    if (finishReason === undefined) return said;
    this.usages.push(usage);
    const role = this.begun.has(choice) ? '' : this.chunk(choice, this.roleOf(choice) ?? {}, null);
    return said + role + this.chunk(choice, {}, finishReason);
  }

  private chunk(index: number, delta: object, finish: FinishReason | null, logprobs: object | null = null): string {
    return `${this.opening}[${JSON.stringify({ index, delta, logprobs, finish_reason: finish })}]}\n\n`;
  }

  private roleOf(choice: number, piece?: ChatPiece): object | undefined {
    if (this.begun.has(choice)) return undefined;
    this.begun.add(choice);
    return { role: 'assistant', content: piece?.toolCalls ? null : '' };
  }
}

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
