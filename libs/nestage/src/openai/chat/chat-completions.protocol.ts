import type { Type } from '@nestjs/common';
import { isAsyncIterable } from '../../common/type-guards.js';
import { itemsOf } from '../../common/items/iterator-items.js';
import { primed } from '../../common/items/primed-items.js';
import type { StageContext } from '../../core/context/stage-context.js';
import type {
  EncodedStream,
  EncodedValue,
  PlainForm,
  ProtocolDescription,
  ProtocolExchange,
  RouteProtocol,
} from '../../core/protocol/route-protocol.js';
import { ModelProtocol, refusal } from '../model-protocol.js';
import { openAiErrors } from '../openai-error.js';
import type { ServesModels } from '../serves-models.js';
import { WIRE_SCHEMAS } from '../wire-schemas.js';
import { ChatCompletionRequest } from './chat-completion.dto.js';
import { type ChatCompletionsOptions, type ResolvedChatOptions, resolveChatOptions } from './chat-completions.options.js';
import { ChatEvent, WholeReply } from './chat-event.js';
import { stopsOf, tokenLimitOf } from './chat-prompt.js';
import { completion, type CompletionHead, streamText } from './completion-wire.js';
import { runChat } from './run-chat.js';

/** Where the request of a chat is kept for the stages that don't see it. */
const REQUEST = Symbol('nestage:chat-request');

/**
 * OpenAI's chat completions: the handler gives a string, a `ChatResult`, or an AsyncIterable of strings or deltas, and the client gets a
 * plain or a streamed completion from either, as its `stream` asks. Stop sequences, the token limit, JSON formats and `n` are seen to here.
 *
 * @example
 * ```ts
 * @StageHandler('/v1/chat/completions', { protocol: chatCompletions({ models: ['my-model'] }) })
 * export class ChatHandler extends ChatCompletionHandler {
 *   async *run(prompt: ChatPrompt, { signal }: StageContext) { yield* this.model.tokens(prompt.messages, signal); }
 * }
 * ```
 * @throws OptionError for a bad option
 * @publicApi
 */
export function chatCompletions(given: ChatCompletionsOptions): RouteProtocol & ServesModels {
  return new ChatCompletionsProtocol(resolveChatOptions(given));
}

/** Ids of the models that the route of a request serves, the first one being the default. @internal */
export const servedModel = (context: StageContext): string | undefined => (context.state.get(REQUEST) as ChatExchange | undefined)?.model;

interface ChatExchange {
  readonly request: ChatCompletionRequest;
  readonly model: string;
}

class ChatCompletionsProtocol extends ModelProtocol implements RouteProtocol {
  readonly name = 'openai-chat';
  readonly request = ChatCompletionRequest;
  readonly describe = (): ProtocolDescription => WIRE_SCHEMAS.chat;
  readonly plainForm: PlainForm = { withoutFields: ['stream', 'stream_options'], textOf: contentOf };

  constructor(private readonly options: ResolvedChatOptions) {
    super(options.models);
  }

  handlerFault(handler: Type): string | undefined {
    const { postProcess } = handler.prototype as { postProcess?: unknown };
    return postProcess === undefined
      ? undefined
      : 'has a postProcess(), which chatCompletions() has no place for: let run() give what the client is to read.';
  }

  admit(given: unknown, context: StageContext): void {
    const request = given as ChatCompletionRequest;
    const { maxChoices } = this.options;
    const model = this.modelOf(request.model);
    if ((request.n ?? 1) > maxChoices) throw refusal('n', `must be at most ${maxChoices}`);
    if (request.modalities?.some((each) => each !== 'text'))
      throw refusal('modalities', 'must be ["text"]: other forms are not spoken here');
    if (request.response_format?.type === 'json_schema' && !request.response_format.json_schema)
      throw refusal('response_format.json_schema', 'must be given');
    context.state.set(REQUEST, { request, model } satisfies ChatExchange);
  }

  variant(context: StageContext): unknown {
    const { stream, n, response_format: format, ...request } = requestOf(context);
    const { model } = (context.state.get(REQUEST) ?? {}) as Partial<ChatExchange>;
    return { model, isStreamed: stream === true, choices: n ?? 1, format, stop: stopsOf(request), maxTokens: tokenLimitOf(request) };
  }

  run(input: unknown, context: StageContext, next: (input: unknown) => unknown): unknown {
    const request = requestOf(context);
    const { tokenizer, repair } = this.options;
    return runChat({ request, input, context, next, tokenizer, repair });
  }

  async encodeValue(value: unknown, exchange: ProtocolExchange): Promise<EncodedValue | EncodedStream> {
    if (value instanceof WholeReply) return this.plain(value, exchange);
    return this.encodeRaw(value, exchange);
  }

  async encodeStream(items: AsyncIterable<unknown>, exchange: ProtocolExchange): Promise<EncodedValue | EncodedStream> {
    const given = await primed(itemsOf(items));
    const isShaped = given.first?.value instanceof ChatEvent;
    return isShaped ? this.streamed(given as AsyncIterable<ChatEvent>, exchange) : this.encodeRaw(given, exchange);
  }

  /** What did not come through `run`, such as the answer of a handler of another protocol that `fallbackTo` names: each choice is the same. */
  private async encodeRaw(reply: unknown, exchange: ProtocolExchange): Promise<EncodedValue | EncodedStream> {
    const { context } = exchange;
    const request = requestOf(context);
    const repeatable = isAsyncIterable(reply) && (request.n ?? 1) > 1 ? await repeatableOf(reply) : reply;
    const { tokenizer } = this.options;
    const told = runChat({ request, input: undefined, context, next: () => repeatable, tokenizer, repair: undefined });
    return isAsyncIterable(told) ? this.streamed(told, exchange) : this.plain(await told, exchange);
  }

  private plain(reply: WholeReply, exchange: ProtocolExchange): EncodedValue {
    return { value: completion(reply, this.headOf(exchange)) };
  }

  private streamed(events: AsyncIterable<ChatEvent>, exchange: ProtocolExchange): EncodedStream {
    const { stream_options: options } = requestOf(exchange.context);
    return {
      contentType: 'text/event-stream; charset=utf-8',
      chunks: streamText(events, {
        head: this.headOf(exchange),
        includesUsage: options?.include_usage === true,
        heartbeatMs: this.options.heartbeatMs,
        fail: (thrown) => openAiErrors.encodeError(exchange.fail(thrown)),
      }),
    };
  }

  /** The log id stands within the completion's id: a user who reports it has reported where to look. */
  private headOf({ context }: ProtocolExchange): CompletionHead {
    const model = servedModel(context) ?? this.options.models[0];
    return { id: `chatcmpl-${context.logId}`, created: Math.floor(Date.now() / 1000), model };
  }
}

/** What the one choice of a completion says; `undefined` where it calls tools, or there are several. */
function contentOf(value: unknown): string | undefined {
  const { choices } = value as { readonly choices: readonly { readonly message: { readonly content: string | null } }[] };
  return choices.length === 1 ? (choices[0].message.content ?? undefined) : undefined;
}

const requestOf = ({ state }: StageContext): Partial<ChatCompletionRequest> =>
  (state.get(REQUEST) as ChatExchange | undefined)?.request ?? {};

/** A stream that can be read again from its beginning. */
async function repeatableOf(items: AsyncIterable<unknown>): Promise<AsyncIterable<unknown>> {
  const list: unknown[] = [];
  for await (const item of items) list.push(item);
  return {
    async *[Symbol.asyncIterator]() {
      yield* list;
    },
  };
}
