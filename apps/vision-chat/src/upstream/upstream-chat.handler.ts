import { Injectable } from '@nestjs/common';
import type { StageContext } from 'nestage';
import { ChatCompletionHandler, type ChatDelta, type ChatMessage, type ChatPrompt } from 'nestage/openai';
import { type UpstreamChat, VisionLanguageModel } from './vision-language-model.js';

/** Hands chats on to the upstream model, and its answer back token by token. */
@Injectable()
export class UpstreamChatHandler extends ChatCompletionHandler {
  constructor(private readonly model: VisionLanguageModel) {
    super();
  }

  run(prompt: ChatPrompt, { signal }: StageContext): AsyncGenerator<ChatDelta> {
    return this.model.stream(toUpstream(prompt), signal);
  }
}

/** What the client said, without what this service sees to (`n`, streaming) and what it left out. */
function toUpstream({ messages, maxTokens, stop, request }: ChatPrompt): UpstreamChat {
  const chat = {
    messages: messages.map(toMessage),
    max_tokens: maxTokens,
    stop: stop.length > 0 ? stop : undefined,
    ...Object.fromEntries(HANDED_ON.map((field) => [field, request[field] ?? undefined])),
  };
  return chat as unknown as UpstreamChat;
}

const HANDED_ON = [
  'temperature',
  'top_p',
  'seed',
  'frequency_penalty',
  'presence_penalty',
  'logit_bias',
  'logprobs',
  'top_logprobs',
  'tools',
  'tool_choice',
  'parallel_tool_calls',
  'response_format',
  'reasoning_effort',
  'user',
] as const satisfies readonly (keyof ChatPrompt['request'])[];

/** A text alone goes as a string, which every server takes; null is left out. */
function toMessage(message: ChatMessage): object {
  const { content, ...rest } = message;
  const isText = content.length === 1 && content[0].type === 'text';
  const said = content.length === 0 ? null : isText ? content[0].text : content;
  return { ...Object.fromEntries(Object.entries(rest).filter(([, value]) => value !== null)), content: said };
}
