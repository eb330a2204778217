import type { StageContext } from '../core/context/stage-context.js';
import { RequestError } from '../core/errors/service-errors.js';
import type { EncodedStream, EncodedValue, ProtocolExchange, RouteProtocol } from '../core/protocol/route-protocol.js';
import { OptionError } from '../common/option-checks.js';
import { ChatCompletionRequest } from './chat-completion.dto.js';
import { toChatResult, usageOnWire } from './chat-completion.result.js';
import { chatChunks } from './chat-completion.chunks.js';
import { toOpenAiError } from './openai-error.js';
import { MODELS, type ServesModels } from './serves-models.js';

/** @publicApi */
export interface ChatCompletionsOptions {
  /** Ids that the route answers to; a request that names none gets the first. */
  readonly models: readonly [string, ...string[]];
}

/** One completion's identity, the same in all its chunks. @internal */
export interface CompletionHead {
  readonly id: string;
  readonly created: number;
  readonly model: string;
}

/**
 * OpenAI's chat completions: the handler gives a string, a `ChatResult`, or an AsyncIterable of strings, and the client gets a plain or a
 * streamed completion from either, as its `stream` asks.
 *
 * @example
 * ```ts
 * @StageHandler('/v1/chat/completions', { protocol: chatCompletions({ models: ['my-model'] }) })
 * export class ChatHandler {
 *   async *run(request: ChatCompletionRequest, context: StageContext) { yield* this.model.tokens(request.messages, context.signal); }
 * }
 * ```
 * @throws OptionError without a model id
 * @publicApi
 */
export function chatCompletions({ models }: ChatCompletionsOptions): RouteProtocol & ServesModels {
  if (!models?.length) throw new OptionError('"models" must name at least one model id (set it in chatCompletions()).');
  return {
    name: 'openai-chat',
    [MODELS]: models,
    request: ChatCompletionRequest,
    ignoresAccept: true, // clients send `Accept: application/json` for streams, too
    admit(request) {
      const { model } = request as ChatCompletionRequest;
      if (model && !models.includes(model)) {
        throw new RequestError(`The model '${model}' does not exist. Use ${models.join(' or ')}`, { code: 'model_not_found' });
      }
    },
    encodeValue(value, exchange) {
      const result = toChatResult(value);
      return isStreamed(exchange) ? encodeChunks(once(result), exchange, models[0]) : completion(result, headOf(exchange, models[0]));
    },
    async encodeStream(items, exchange) {
      if (isStreamed(exchange)) return encodeChunks(items, exchange, models[0]);
      let content = '';
      for await (const item of items) content += toChatResult(item).content;
      return completion({ content }, headOf(exchange, models[0]));
    },
    encodeError: toOpenAiError,
  };
}

function completion({ content, finishReason = 'stop', usage }: ReturnType<typeof toChatResult>, head: CompletionHead): EncodedValue {
  const choice = { index: 0, message: { role: 'assistant', content, refusal: null }, logprobs: null, finish_reason: finishReason };
  return { value: { ...head, object: 'chat.completion', choices: [choice], ...(usage && { usage: usageOnWire(usage) }) } };
}

function encodeChunks(items: AsyncIterable<unknown>, exchange: ProtocolExchange, defaultModel: string): EncodedStream {
  const { stream_options: options } = exchange.request as ChatCompletionRequest;
  return {
    contentType: 'text/event-stream; charset=utf-8',
    chunks: chatChunks(items, {
      head: headOf(exchange, defaultModel),
      includesUsage: options?.include_usage === true,
      fail: (thrown) => toOpenAiError(exchange.fail(thrown)),
    }),
  };
}

const isStreamed = ({ request }: ProtocolExchange): boolean => (request as ChatCompletionRequest).stream === true;

function headOf({ context, request }: ProtocolExchange, defaultModel: string): CompletionHead {
  return { id: idOf(context), created: Math.floor(Date.now() / 1000), model: (request as ChatCompletionRequest).model || defaultModel };
}

/** The log id within the completion's id: a user who reports it has reported where to look. */
const idOf = ({ logId }: StageContext): string => `chatcmpl-${logId}`;

async function* once(value: unknown): AsyncGenerator<unknown, void, void> {
  yield value;
}
