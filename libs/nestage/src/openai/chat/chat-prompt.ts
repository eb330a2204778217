import { IDENTITY } from '../../core/stage/identity.js';
import type { ChatCompletionRequest } from './chat-completion.dto.js';
import { ChatMessage, ContentPart } from './chat-message.dto.js';
import type { ChatTool, ResponseFormat } from './chat-tools.dto.js';
import type { ToolChoice } from './request-rules.js';

/**
 * What a chat model is asked, with null made absent and the two names of the token limit read. Plain data but for its methods, so that it
 * can be sent to a worker thread.
 * @publicApi
 */
export class ChatPrompt {
  /** Id that the client named, or the route's first. */
  readonly model: string;
  readonly messages: readonly ChatMessage[];
  /** Most tokens of the reply. */
  readonly maxTokens?: number;
  /** Texts that end the reply; the framework ends it there if the model does not. */
  readonly stop: readonly string[];
  readonly temperature?: number;
  readonly topP?: number;
  readonly seed?: number;
  readonly frequencyPenalty?: number;
  readonly presencePenalty?: number;
  readonly tools: readonly ChatTool[];
  readonly toolChoice?: ToolChoice;
  readonly responseFormat?: ResponseFormat;
  readonly reasoningEffort?: string;
  /** Whether the client reads the reply as it comes. */
  readonly isStreamed: boolean;
  readonly #request: ChatCompletionRequest;

  constructor(
    request: ChatCompletionRequest,
    { model, messages = request.messages }: { readonly model: string; readonly messages?: readonly ChatMessage[] },
  ) {
    this.#request = request;
    this.model = model;
    this.messages = messages;
    this.stop = stopsOf(request);
    this.tools = request.tools ?? [];
    this.isStreamed = request.stream === true;
    const asked = {
      maxTokens: tokenLimitOf(request),
      temperature: request.temperature,
      topP: request.top_p,
      seed: request.seed,
      frequencyPenalty: request.frequency_penalty,
      presencePenalty: request.presence_penalty,
      toolChoice: request.tool_choice,
      responseFormat: request.response_format,
      reasoningEffort: request.reasoning_effort,
    };
    Object.assign(this, Object.fromEntries(Object.entries(asked).filter(([, value]) => value !== undefined && value !== null)));
  }

  /** The request as validated, for what is not named here. */
  get request(): ChatCompletionRequest {
    return this.#request;
  }

  /** @internal */
  get [IDENTITY](): unknown {
    return { model: this.model, messages: this.messages, request: this.#request };
  }

  /** Text of the last message of a user, its text parts joined by line breaks; empty without any. */
  get text(): string {
    const last = this.messages.findLast(({ role }) => role === 'user');
    return last ? textOf(last) : '';
  }

  /** The same prompt with further messages at its end. */
  with(...messages: readonly ChatMessage[]): ChatPrompt {
    return new ChatPrompt(this.#request, { model: this.model, messages: [...this.messages, ...messages] });
  }
}

/** Text parts of a message, joined by line breaks. @publicApi */
export function textOf({ content }: ChatMessage): string {
  return content
    .filter(({ type }) => type === 'text')
    .map(({ text = '' }) => text)
    .join('\n');
}

/** A message of one text. @publicApi */
export function chatMessage(role: ChatMessage['role'], text: string): ChatMessage {
  const content = [Object.assign(new ContentPart(), { type: 'text', text })];
  return Object.assign(new ChatMessage(), { role, content });
}

/** `max_completion_tokens`, or its older name. @internal */
export const tokenLimitOf = (request: Partial<ChatCompletionRequest>): number | undefined =>
  request.max_completion_tokens ?? request.max_tokens ?? undefined;

/** @internal */
export const stopsOf = ({ stop }: Partial<ChatCompletionRequest>): readonly string[] => [stop ?? []].flat();
