import type { StageContext } from '../../core/context/stage-context.js';
import type { ChatCompletionRequest } from './chat-completion.dto.js';
import { servedModel } from './chat-completions.protocol.js';
import { ChatPrompt } from './chat-prompt.js';
import type { ChatReply } from './chat-reply.js';

/**
 * A chat model behind OpenAI's endpoint: `run` takes the prompt and gives a string, a `ChatResult`, or an AsyncIterable of strings or
 * deltas; the framework makes the plain and the streamed answer from either. `preProcess` may be overridden to make a prompt of another
 * kind; `initialize`, `warmup`, `checkHealth`, `fallback` and `dispose` are as in every handler, and there is no `postProcess`.
 *
 * @example
 * ```ts
 * @StageHandler('/v1/chat/completions', { protocol: chatCompletions({ models: ['parrot'] }) })
 * export class ParrotHandler extends ChatCompletionHandler {
 *   async *run({ text }: ChatPrompt) { for (const word of text.split(' ')) yield `${word} `; }
 * }
 * ```
 * @typeParam Prompt what `preProcess` makes of a request
 * @publicApi
 */
export abstract class ChatCompletionHandler<Prompt = ChatPrompt> {
  /** Makes the prompt. Cheap: a refused request must not cost a place among the running ones. */
  preProcess(request: ChatCompletionRequest, context: StageContext): Prompt | Promise<Prompt> {
    return new ChatPrompt(request, { model: servedModel(context) ?? request.model ?? '' }) as Prompt; // a subclass of another Prompt overrides this
  }

  /** The model. Stops soon after `context.signal` fires. Called once for each choice that the client asks for. */
  abstract run(prompt: Prompt, context: StageContext): ChatReply;
}
