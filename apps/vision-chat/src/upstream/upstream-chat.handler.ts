import { Injectable } from '@nestjs/common';
import type { StageContext } from 'nestage';
import { type ChatCompletionRequest, ChatCompletionHandler, type ChatDelta, type ChatPrompt } from 'nestage/openai';
import { RemoteImages } from '../chat/remote-images.js';
import { HANDED_ON, type UpstreamChatRequest } from './upstream-chat.request.js';
import { assertMessages, fetchImages, toMessage } from './upstream-messages.js';
import { type UpstreamChat, VisionLanguageModel } from './vision-language-model.js';

/** Hands chats on to the upstream model, and its answer back token by token. */
@Injectable()
export class UpstreamChatHandler extends ChatCompletionHandler {
  constructor(
    private readonly model: VisionLanguageModel,
    private readonly images: RemoteImages,
  ) {
    super();
  }

  override preProcess(request: ChatCompletionRequest, context: StageContext): ChatPrompt | Promise<ChatPrompt> {
    assertMessages(request.messages, this.images);
    return super.preProcess(request, context);
  }

  async *run(prompt: ChatPrompt, context: StageContext): AsyncGenerator<ChatDelta, void, void> {
    const { signal } = context;
    yield* this.model.stream(toUpstream(prompt, await this.imagesOf(prompt, context)), signal);
  }

  /** Fetched once for all choices of a request, which run side by side; anew when the call is tried again after that failed. */
  private imagesOf({ messages }: ChatPrompt, { state, signal }: StageContext): Promise<ReadonlyMap<string, string>> {
    const begun = state.get(IMAGES) as Promise<ReadonlyMap<string, string>> | undefined;
    if (begun) return begun;
    const fetching = fetchImages(messages, this.images, signal);
    state.set(IMAGES, fetching);
    fetching.catch(() => state.delete(IMAGES));
    return fetching;
  }
}

const IMAGES = Symbol('fetched-images');

/** What the client said, without what this service sees to (`n`, streaming) and what it left out. */
function toUpstream({ messages, maxTokens, stop, request }: ChatPrompt, images: ReadonlyMap<string, string>): UpstreamChat {
  const chat = {
    messages: messages.map((message) => toMessage(message, images)),
    max_tokens: maxTokens,
    stop: stop.length > 0 ? stop : undefined,
    ...Object.fromEntries(HANDED_ON.map((field) => [field, (request as UpstreamChatRequest)[field] ?? undefined])),
  };
  return chat as unknown as UpstreamChat;
}
