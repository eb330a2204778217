/** Why a model stopped. @publicApi */
export type FinishReason = 'stop' | 'length' | 'tool_calls' | 'content_filter';

/** Tokens that a completion took. @publicApi */
export interface ChatUsage {
  readonly promptTokens: number;
  readonly completionTokens: number;
}

/** What a chat handler may give instead of a plain string. @publicApi */
export interface ChatResult {
  readonly content: string;
  /** @default 'stop' */
  readonly finishReason?: FinishReason;
  /** Left out of the answer when absent. */
  readonly usage?: ChatUsage;
}

/** Either form as the full one. @internal */
export function toChatResult(value: unknown): ChatResult {
  return typeof value === 'string' ? { content: value } : (value as ChatResult);
}

/** Usage as it stands on the wire. @internal */
export function usageOnWire({ promptTokens, completionTokens }: ChatUsage): object {
  return { prompt_tokens: promptTokens, completion_tokens: completionTokens, total_tokens: promptTokens + completionTokens };
}
