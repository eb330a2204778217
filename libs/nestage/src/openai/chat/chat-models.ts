import { Inject, type Type } from '@nestjs/common';
import type { StageContext } from '../../core/context/stage-context.js';
import type { ChatCompletionRequest } from './chat-completion.dto.js';
import { ChatCompletionHandler } from './chat-completion.handler.js';
import type { ChatPrompt } from './chat-prompt.js';
import type { ChatReply } from './chat-reply.js';

/** A model among several on one path. @publicApi */
export interface ChatModel {
  /** As of a `ChatCompletionHandler`. */
  run(prompt: ChatPrompt, context: StageContext): ChatReply;
}

/** What `chatModels()` makes: a handler that hands each prompt to its model. @publicApi */
export interface ChatModelsHandler extends ChatModel {
  preProcess(request: ChatCompletionRequest, context: StageContext): ChatPrompt | Promise<ChatPrompt>;
}

/**
 * A handler class for several models on one path, chosen by the request's `model`: providers of the app by the ids they answer to. With
 * `@StageModel()` on it, a model is initialized before the handler.
 *
 * @example
 * ```ts
 * const models = { parrot: ParrotModel, 'org/owl': OwlModel };
 *
 * @StageHandler('/v1/chat/completions', { protocol: chatCompletions({ models }) })
 * export class ChatHandler extends chatModels(models) {}
 * ```
 * @publicApi
 */
export function chatModels(models: Readonly<Record<string, Type<ChatModel>>>): Type<ChatModelsHandler> {
  const ids = Object.keys(models);
  class RoutedHandler extends ChatCompletionHandler {
    private readonly byId: ReadonlyMap<string, ChatModel>;

    constructor(...instances: readonly ChatModel[]) {
      super();
      this.byId = new Map(ids.map((id, index) => [id, instances[index]]));
    }

    run(prompt: ChatPrompt, context: StageContext): ChatReply {
      const model = this.byId.get(prompt.model);
      if (!model)
        throw new Error(`chatCompletions() serves '${prompt.model}', which chatModels() does not know: give both the same object`);
      return model.run(prompt, context);
    }
  }
  Object.values(models).forEach((type, index) => Inject(type)(RoutedHandler, undefined, index));
  return RoutedHandler;
}
