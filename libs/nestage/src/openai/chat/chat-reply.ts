/** Why a model stopped. @publicApi */
export type FinishReason = 'stop' | 'length' | 'tool_calls' | 'content_filter';

/** Tokens that a completion took. @publicApi */
export interface ChatUsage {
  readonly promptTokens: number;
  readonly completionTokens: number;
  /** Of the prompt's: read from a cache. Left out of the answer when absent. */
  readonly cachedTokens?: number;
  /** Of the completion's: thought, not said. Left out of the answer when absent. */
  readonly reasoningTokens?: number;
}

/** A call of a tool. @publicApi */
export interface ToolCall {
  /** @default a random one */
  readonly id?: string;
  readonly name: string;
  /** JSON as the model wrote it, or what it stands for. */
  readonly arguments: string | object;
}

/** A piece of a call of a tool: the name comes once, the arguments in as many pieces as there are. @publicApi */
export interface ToolCallDelta {
  /** Which of several calls, from 0. */
  readonly index: number;
  readonly id?: string;
  readonly name?: string;
  readonly arguments?: string;
}

interface ChatSaid {
  readonly content?: string | null;
  /** What the model thought; clients of reasoning models read it as `reasoning_content`. */
  readonly reasoning?: string;
  readonly refusal?: string | null;
  /** @default 'tool_calls' when tools are called, else 'stop' */
  readonly finishReason?: FinishReason;
  /** Without it the route's tokenizer counts; without that one no usage is told. */
  readonly usage?: ChatUsage;
  /** In OpenAI's form; handed on as it is. */
  readonly logprobs?: object | null;
}

/** What a chat handler may give instead of a plain string. @publicApi */
export interface ChatResult extends ChatSaid {
  readonly toolCalls?: readonly ToolCall[];
}

/** A piece of a reply. Texts are joined in their order; of the finish reason and the usage the last one counts. @publicApi */
export interface ChatDelta extends ChatSaid {
  readonly toolCalls?: readonly ToolCallDelta[];
}

/** A piece of a reply: text, bytes of UTF-8 cut anywhere, or more than text. @publicApi */
export type ChatItem = string | Uint8Array | ChatDelta;

/** What `run` of a chat handler may give: the framework makes the plain and the streamed answer from either. @publicApi */
export type ChatReply = string | ChatResult | AsyncIterable<ChatItem> | Promise<string | ChatResult | AsyncIterable<ChatItem>>;
