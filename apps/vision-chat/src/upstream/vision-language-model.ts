import OpenAI from 'openai';
import type { ChatCompletionChunk, ChatCompletionCreateParamsNonStreaming, ChatCompletionCreateParamsStreaming } from 'openai/resources';
import { Logger } from '@nestjs/common';
import { type HealthCheckResult, seconds, StageModel, ValidationError } from 'nestage';
import type { ChatDelta, ToolCallDelta } from 'nestage/openai';
import { RemoteImages } from '../chat/remote-images.js';
import { toModelError, UpstreamJunkError } from './upstream-error.js';
import { findUpstreamTrouble } from './upstream-trouble.js';

/** Longest wait for the server when it is looked at: less than a health check may take, which would be unhealthy for being late. */
const LOOK_MS = seconds(2);

/** Forms in which servers take an image: `{ type: kind, [kind]: image }`. */
export const IMAGE_KINDS = ['image', 'image_url'] as const;

/** @see IMAGE_KINDS */
export type ImageKind = (typeof IMAGE_KINDS)[number];

/**
 * A data URL, or an address that `REMOTE_IMAGES` allows: it is fetched here, and the server is sent a data URL. As it is, or within an
 * object as OpenAI's `image_url` has it.
 */
export type VisionImage = string | { readonly url: string };

/** Where the upstream server is. */
export interface UpstreamOptions {
  /** With its version: `http://127.0.0.1:8001/v1`. */
  readonly baseUrl: string;
  /** Servers without keys want one that is not empty. @default 'not empty' */
  readonly apiKey?: string;
  /** Id of the model there, and here. */
  readonly model: string;
}

export interface VisionChatOptions {
  /** @default 'image' */
  readonly imageType?: ImageKind;
  /** @default 0.4 */
  readonly temperature?: number;
  /** @default 0.8 */
  readonly topP?: number;
  /** @default 1024 */
  readonly maxTokens?: number;
  /** @default 1.2 */
  readonly repetitionPenalty?: number;
  /** Longest time until the answer, in milliseconds. @default that of the client, 10 minutes */
  readonly timeoutMs?: number;
  /** Stops the call. */
  readonly signal?: AbortSignal;
}

/** A streamed chat as OpenAI's protocol puts it, but for what is decided here. */
export type UpstreamChat = Omit<ChatCompletionCreateParamsStreaming, 'model' | 'stream' | 'stream_options'>;

/**
 * A vision-language model behind any server of OpenAI's protocol. Failures are `ModelError`s by their kind; nothing is tried again here,
 * since the route's `retry` does that. A server that is not there is told in the log at the start and makes `/health` degraded, no more:
 * documents are read without it.
 */
@StageModel()
export class VisionLanguageModel {
  readonly id: string;
  private readonly address: string;
  private readonly client: OpenAI;

  constructor(
    { baseUrl, apiKey = 'not empty', model }: UpstreamOptions,
    private readonly images = new RemoteImages(),
  ) {
    this.id = model;
    const { origin, pathname } = new URL(baseUrl); // without what it may say of a user
    this.address = origin + pathname;
    // What the client would read from the environment belongs to OpenAI's own service.
    this.client = new OpenAI({ baseURL: baseUrl, apiKey, organization: null, project: null, maxRetries: 0, logLevel: 'off' });
  }

  async initialize(): Promise<void> {
    const trouble = await findUpstreamTrouble(this.client, this.id, AbortSignal.timeout(LOOK_MS));
    if (trouble) new Logger(VisionLanguageModel.name).warn(`The upstream server ${this.address} ${trouble.text}`);
  }

  async checkHealth(signal: AbortSignal): Promise<HealthCheckResult> {
    const trouble = await findUpstreamTrouble(this.client, this.id, AbortSignal.any([signal, AbortSignal.timeout(LOOK_MS)]));
    return trouble?.isCertain ? { status: 'degraded', reason: `The upstream server ${trouble.text}` } : { status: 'healthy' };
  }

  /**
   * Asks about one image.
   * @throws ValidationError for an unknown kind of image, and one that is no picture or stands where none may be fetched from; ModelError
   * when the server fails; the signal's reason when it fires
   */
  async chat(image: VisionImage, prompt: string, options: VisionChatOptions = {}): Promise<string> {
    const { imageType = 'image', temperature = 0.4, topP = 0.8, maxTokens = 1024, repetitionPenalty = 1.2 } = options;
    const { timeoutMs, signal = new AbortController().signal } = options;
    assertImageKind(imageType);
    const sampling = { temperature, top_p: topP, max_tokens: maxTokens, repetition_penalty: repetitionPenalty };
    const patience = timeoutMs === undefined ? undefined : AbortSignal.timeout(timeoutMs); // the client's own ends with the headers
    const either = patience ? AbortSignal.any([signal, patience]) : signal;
    try {
      const content = [
        { type: imageType, [imageType]: await this.inlined(image, either) },
        { type: 'text', text: prompt },
      ];
      const body = { model: this.id, messages: [{ role: 'user', content }], ...sampling };
      const completion = await this.client.chat.completions.create(body as unknown as ChatCompletionCreateParamsNonStreaming, {
        signal: either,
      });
      return contentOf(completion);
    } catch (error) {
      throw toModelError(error, { signal, isTooLate: patience?.aborted });
    }
  }

  /**
   * Streams the reply to a whole conversation, piece by piece as the server sends it. Leaving the loop, and the signal, stop the call.
   * @throws as `chat`; also for a stream that ends without a finish reason, which has been cut
   */
  async *stream(chat: UpstreamChat, signal: AbortSignal): AsyncGenerator<ChatDelta, void, void> {
    const body = { ...chat, model: this.id, stream: true, stream_options: { include_usage: true } } as ChatCompletionCreateParamsStreaming;
    let isFinished = false;
    try {
      for await (const chunk of await this.client.chat.completions.create(body, { signal })) {
        const delta = deltaOf(chunk);
        isFinished ||= delta.finishReason !== undefined;
        if (isTelling(delta)) yield delta;
      }
      signal.throwIfAborted(); // the client ends an aborted stream as if it were whole
      if (!isFinished) throw new UpstreamJunkError('the stream ended without a finish reason');
    } catch (error) {
      throw toModelError(error, { signal });
    }
  }

  private async inlined(image: VisionImage, signal: AbortSignal): Promise<VisionImage> {
    if (typeof image === 'string') return this.images.toDataUrl(image, 'image', signal);
    return { ...image, url: await this.images.toDataUrl(image.url, 'image.url', signal) };
  }
}

function assertImageKind(kind: string): asserts kind is ImageKind {
  if ((IMAGE_KINDS as readonly string[]).includes(kind)) return;
  const message = `imageType must be ${IMAGE_KINDS.join(' or ')}, got ${kind}`;
  throw new ValidationError(message, { fields: [{ field: 'imageType', messages: [message] }] });
}

/** The client hands on whatever the server sent. */
function contentOf(completion: unknown): string {
  const content: unknown = (completion as Partial<OpenAI.ChatCompletion> | undefined)?.choices?.[0]?.message?.content;
  if (typeof content !== 'string') throw new UpstreamJunkError('the answer holds no text');
  return content;
}

function deltaOf(chunk: ChatCompletionChunk): ChatDelta {
  if (!Array.isArray(chunk?.choices)) throw new UpstreamJunkError('a chunk of the stream has no choices');
  const choice = chunk.choices.at(0);
  const { content, refusal, tool_calls: calls, ...others } = choice?.delta ?? {};
  const reasoning = (others as { reasoning_content?: unknown }).reasoning_content ?? (others as { reasoning?: unknown }).reasoning;
  return {
    content: content || undefined,
    refusal: refusal || undefined,
    reasoning: typeof reasoning === 'string' && reasoning !== '' ? reasoning : undefined,
    toolCalls: calls?.map(({ index, id, function: called }): ToolCallDelta => ({
      index,
      id,
      name: called?.name,
      arguments: called?.arguments,
    })),
    logprobs: choice?.logprobs ?? undefined,
    finishReason: choice?.finish_reason ? (choice.finish_reason as ChatDelta['finishReason']) : undefined,
    usage: chunk.usage ? { promptTokens: chunk.usage.prompt_tokens, completionTokens: chunk.usage.completion_tokens } : undefined,
  };
}

/** The first chunk of most servers names the role and nothing else: no reason to begin an answer that may still fail. */
const isTelling = (delta: ChatDelta): boolean => Object.values(delta).some((value) => value !== undefined);
