import { isWebServiceError, ModelError, StageModel } from 'nestage';
import type { EmbeddingsResult } from 'nestage/openai';
import { type WorkerPool, WorkerPools } from 'nestage/threads';
import type SentenceWorker from './sentence.worker.js';
import type { EmbeddedTexts } from './sentence.worker.js';

/** Id of the embedded model, as clients name it: the Universal Sentence Encoder for English, 512 dimensions. */
export const SENTENCE_MODEL_ID = 'universal-sentence-encoder-en';

/** Texts that one call of the worker takes: between two calls, an abort is noticed and other requests get their turn. */
const TEXTS_A_CALL = 16;

/** The embedded model, in a thread of its own: it computes without a pause, and would hold up every answer in the main one. */
@StageModel()
export class SentenceModel {
  private readonly pool: WorkerPool<SentenceWorker>;

  constructor(pools: WorkerPools) {
    this.pool = pools.create<SentenceWorker>({ url: new URL('./sentence.worker.js', import.meta.url), threads: 1 });
  }

  /** Ready when the worker has loaded the weights and embedded a first text. */
  initialize(): Promise<void> {
    return this.pool.start();
  }

  /** @throws ModelError when the worker fails; the signal's reason when it fires */
  async embed(texts: readonly string[], signal: AbortSignal): Promise<EmbeddingsResult> {
    const parts: EmbeddedTexts[] = [];
    for (let from = 0; from < texts.length; from += TEXTS_A_CALL) {
      parts.push(await this.call(texts.slice(from, from + TEXTS_A_CALL), signal));
    }
    return {
      vectors: parts.flatMap(({ vectors }) => vectors),
      promptTokens: parts.flatMap(({ tokens }) => tokens),
    };
  }

  dispose(): Promise<void> {
    return this.pool.stop();
  }

  private async call(texts: readonly string[], signal: AbortSignal): Promise<EmbeddedTexts> {
    try {
      return await this.pool.run(texts, { signal });
    } catch (error) {
      signal.throwIfAborted();
      throw isWebServiceError(error) ? error : new ModelError('The embedded model failed', { cause: error });
    }
  }
}
