import {
  type ChatCompletionRequest,
  ChatMessage,
  type ChatTool,
  ContentPart,
  type ResponseFormat,
  type ToolChoice,
} from './chat-completion.dto.js';

/** What a chat model is asked, with absent and null made one and the two names of the token limit read. @publicApi */
export class ChatPrompt {
  /** Id that the client named, or the route's first. */
  readonly model: string;
  readonly messages: readonly ChatMessage[];
  /** Most tokens of the reply. */
  readonly maxTokens: number | undefined;
  /** Texts that end the reply; the framework ends it there if the model does not. */
  readonly stop: readonly string[];
  readonly temperature: number | undefined;
  readonly topP: number | undefined;
  readonly seed: number | undefined;
  readonly frequencyPenalty: number | undefined;
  readonly presencePenalty: number | undefined;
  readonly tools: readonly ChatTool[];
  readonly toolChoice: ToolChoice | undefined;
  readonly responseFormat: ResponseFormat | undefined;
  readonly reasoningEffort: string | undefined;
  /** Whether the client reads the reply as it comes. */
  readonly isStreamed: boolean;

  constructor(
    /** The request as validated, for what is not named above. */
    readonly request: ChatCompletionRequest,
    { model, messages = request.messages }: { readonly model: string; readonly messages?: readonly ChatMessage[] },
  ) {
    this.model = model;
    this.messages = messages;
    this.maxTokens = tokenLimitOf(request);
    this.stop = stopsOf(request);
    this.temperature = request.temperature ?? undefined;
    this.topP = request.top_p ?? undefined;
    this.seed = request.seed ?? undefined;
    this.frequencyPenalty = request.frequency_penalty ?? undefined;
    this.presencePenalty = request.presence_penalty ?? undefined;
    this.tools = request.tools ?? [];
    this.toolChoice = request.tool_choice ?? undefined;
    this.responseFormat = request.response_format ?? undefined;
    this.reasoningEffort = request.reasoning_effort ?? undefined;
    this.isStreamed = request.stream === true;
  }

  /** Text of the last message of a user, its text parts joined by line breaks; empty without any. */
  get text(): string {
    const last = this.messages.findLast(({ role }) => role === 'user');
    return last ? textOf(last) : '';
  }

  /** The same prompt with further messages at its end. */
  with(...messages: readonly ChatMessage[]): ChatPrompt {
    return new ChatPrompt(this.request, { model: this.model, messages: [...this.messages, ...messages] });
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
