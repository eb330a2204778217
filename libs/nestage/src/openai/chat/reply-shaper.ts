import { ModelError } from '../../core/errors/service-errors.js';
import { isRecord } from '../../common/type-guards.js';
import { countTokens, type Tokenizer } from '../tokenizer.js';
import { ChatEvent, type ChatPiece } from './chat-event.js';
import type { ChatDelta, ChatItem, ChatResult, ChatUsage, FinishReason } from './chat-reply.js';
import { StopScanner } from './stop-scanner.js';
import { TokenLimit } from './token-limit.js';
import { ToolCalls, toPieces } from './tool-calls.js';
import { WholeCharacters } from './whole-characters.js';

/** What the framework holds a reply to. @internal */
export interface ReplyRules {
  readonly stop: readonly string[];
  readonly maxTokens: number | undefined;
  readonly tokenizer: Tokenizer | undefined;
  /** Texts of the prompt, counted when the model tells no usage. */
  readonly promptTexts: readonly string[];
}

/**
 * Makes of what a model says the pieces of one choice: whole characters, ended at the first stop sequence and at the token limit, tool calls
 * in order, and one end with the finish reason. Where the items of a stream are cut makes no difference to the text.
 * @internal
 */
export class ReplyShaper {
  private readonly characters = new WholeCharacters();
  private readonly scanner: StopScanner;
  private readonly limit: TokenLimit;
  private readonly calls = new ToolCalls();
  private given: FinishReason | undefined;
  private usage: ChatUsage | undefined;
  private isStopped = false;
  private hasBegun = false;

  constructor(
    private readonly choice: number,
    private readonly rules: ReplyRules,
  ) {
    this.scanner = new StopScanner(rules.stop);
    this.limit = new TokenLimit(rules.tokenizer, rules.maxTokens);
  }

  /** Whether the reply ends here, whatever the model would still say. */
  get isOver(): boolean {
    return this.isStopped || this.limit.isFull;
  }

  /** @returns the piece that can be told now, if there is any @throws ModelError for what is no part of a reply */
  push(item: ChatItem | ChatResult): ChatEvent | undefined {
    if (this.isOver) return undefined;
    if (typeof item === 'string' || item instanceof Uint8Array) return this.event({ content: this.text(item) });
    assertDelta(item);
    const { content, reasoning, refusal, toolCalls, finishReason, usage, logprobs } = item;
    this.given = finishReason ?? this.given;
    this.usage = usage ?? this.usage;
    return this.event({
      reasoning: reasoning ? this.limit.take(reasoning) : undefined,
      content: typeof content === 'string' ? this.text(content) : undefined,
      refusal: refusal ?? undefined,
      toolCalls: toPieces(toolCalls ?? []).flatMap((piece) => this.calls.push(piece) ?? []),
      logprobs: logprobs ?? undefined,
    });
  }

  /** What was held back, and the end. */
  end(): readonly ChatEvent[] {
    this.calls.assertWhole();
    const rest = this.isStopped ? undefined : this.event({ content: this.rest() });
    return [...(rest ? [rest] : []), ChatEvent.end(this.choice, this.finishReason(), this.usage ?? this.countedUsage())];
  }

  private text(piece: string | Uint8Array): string {
    const { text, isStopped } = this.scanner.push(this.limit.take(this.characters.push(piece)));
    this.isStopped = isStopped;
    return text;
  }

  private rest(): string {
    const { text, isStopped } = this.scanner.push(this.limit.take(this.characters.flush()));
    this.isStopped = isStopped;
    return isStopped ? text : text + this.scanner.flush();
  }

  private finishReason(): FinishReason {
    if (this.isStopped) return 'stop';
    if (this.limit.isFull) return 'length';
    return this.given ?? (this.calls.isEmpty ? 'stop' : 'tool_calls');
  }

  private countedUsage(): ChatUsage | undefined {
    const { tokenizer, promptTexts } = this.rules;
    return tokenizer && { promptTokens: countTokens(tokenizer, promptTexts), completionTokens: this.limit.used };
  }

  private event({ content, reasoning, refusal, toolCalls = [], logprobs }: ChatPiece): ChatEvent | undefined {
    const isEmpty = !content && !reasoning && !refusal && toolCalls.length === 0 && !logprobs;
    const isBeginning = content !== undefined && !this.hasBegun; // told although empty: the client learns that the model has begun
    if (isEmpty && !isBeginning) return undefined;
    this.hasBegun = true;
    return ChatEvent.piece(this.choice, {
      ...(content && { content }),
      ...(reasoning && { reasoning }),
      ...(refusal && { refusal }),
      ...(toolCalls.length > 0 && { toolCalls }),
      ...(logprobs && { logprobs }),
    });
  }
}

function assertDelta(item: unknown): asserts item is ChatDelta {
  const isDelta = isRecord(item) && ['string', 'undefined'].includes(typeof (item['content'] ?? undefined));
  if (!isDelta) throw new ModelError(`run must give texts or objects with "content", got ${nameOf(item)}`, { code: 'invalid_response' });
}

function nameOf(item: unknown): string {
  if (item === null || item === undefined) return String(item);
  return Array.isArray(item) ? 'an array' : typeof item === 'object' ? 'an object' : `a ${typeof item}`;
}
