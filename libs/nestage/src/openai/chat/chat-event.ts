import type { ChatUsage, FinishReason } from './chat-reply.js';
import { type ToolCallPiece, wholeCalls } from './tool-calls.js';

/** A piece of one choice that clients can take as it is: whole characters, calls that have a name. @internal */
export interface ChatPiece {
  readonly content?: string;
  readonly reasoning?: string;
  readonly refusal?: string;
  readonly toolCalls?: readonly ToolCallPiece[];
  readonly logprobs?: object;
}

/** What happens in a reply, in its order: pieces, the end of each choice, the usage. @internal */
export class ChatEvent {
  private constructor(
    readonly choice: number,
    readonly piece: ChatPiece | undefined,
    readonly finishReason: FinishReason | undefined,
    readonly usage: ChatUsage | undefined,
  ) {}

  static piece(choice: number, piece: ChatPiece): ChatEvent {
    return new ChatEvent(choice, piece, undefined, undefined);
  }

  /** The end of a choice, with the tokens that it took if they are known. */
  static end(choice: number, finishReason: FinishReason, usage: ChatUsage | undefined): ChatEvent {
    return new ChatEvent(choice, undefined, finishReason, usage);
  }
}

/** One choice in one piece. @internal */
export interface WholeChoice {
  readonly index: number;
  readonly content: string;
  readonly reasoning: string;
  readonly refusal: string;
  readonly toolCalls: readonly ToolCallPiece[];
  readonly logprobs: readonly object[];
  readonly finishReason: FinishReason;
  readonly usage: ChatUsage | undefined;
}

/** A reply for a client that reads it in one piece. @internal */
export class WholeReply {
  private constructor(readonly choices: readonly WholeChoice[]) {}

  static of(events: readonly ChatEvent[]): WholeReply {
    const ends = events.filter((event) => event.finishReason !== undefined).sort((a, b) => a.choice - b.choice);
    return new WholeReply(
      ends.map(({ choice, finishReason = 'stop', usage }) => {
        const pieces = events.flatMap((event) => (event.choice === choice && event.piece ? [event.piece] : []));
        return { index: choice, ...joined(pieces), finishReason, usage };
      }),
    );
  }
}

function joined(pieces: readonly ChatPiece[]): Omit<WholeChoice, 'finishReason' | 'index' | 'usage'> {
  const text = (read: (piece: ChatPiece) => string | undefined): string => pieces.map((piece) => read(piece) ?? '').join('');
  return {
    content: text((piece) => piece.content),
    reasoning: text((piece) => piece.reasoning),
    refusal: text((piece) => piece.refusal),
    toolCalls: wholeCalls(pieces.flatMap(({ toolCalls }) => toolCalls ?? [])),
    logprobs: pieces.flatMap(({ logprobs }) => logprobs ?? []),
  };
}

/** Usage of several choices: the prompt was read once. `undefined` where one of them tells none. @internal */
export function sumUsage(usages: readonly (ChatUsage | undefined)[]): ChatUsage | undefined {
  const known = usages.filter((usage) => usage !== undefined);
  if (known.length === 0 || known.length < usages.length) return undefined;
  const reasoning = known.flatMap(({ reasoningTokens }) => reasoningTokens ?? []);
  return {
    ...known[0],
    completionTokens: total(known.map(({ completionTokens }) => completionTokens)),
    ...(reasoning.length > 0 && { reasoningTokens: total(reasoning) }),
  };
}

const total = (numbers: readonly number[]): number => numbers.reduce((sum, each) => sum + each, 0);
