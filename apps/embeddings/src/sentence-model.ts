import { Piscina } from 'piscina';
import { ModelError, StageModel } from 'nestage';
import type { EmbeddingsResult } from 'nestage/openai';
import type { EmbeddedTexts } from './sentence.worker.js';
import { sentenceWorkerEntry } from './worker-entry.js';

/** Id of the embedded model, as clients name it: the Universal Sentence Encoder for English, 512 dimensions. */
export const SENTENCE_MODEL_ID = 'universal-sentence-encoder-en';

/** Texts that one call of the worker takes: between two calls, an abort is noticed and other requests get their turn. */
const TEXTS_A_CALL = 16;

/** The embedded model, in a thread of its own: it computes without a pause, and would hold up every answer in the main one. */
@StageModel()
export class SentenceModel {
  private worker: Piscina | undefined;

  /** Ready when the worker has loaded the weights and embedded a first text. */
  async initialize(): Promise<void> {
    this.worker = new Piscina({ ...sentenceWorkerEntry(), minThreads: 1, maxThreads: 1, atomics: 'disabled', recordTiming: false });
    this.worker.on('error', () => undefined); // a worker that dies while idle is replaced; the next call fails loudly if it can't be
    await this.call(['warm-up']);
  }

  /** @throws ModelError when the worker fails; the signal's reason when it fires */
  async embed(texts: readonly string[], signal: AbortSignal): Promise<EmbeddingsResult> {
    const parts: EmbeddedTexts[] = [];
    for (let from = 0; from < texts.length; from += TEXTS_A_CALL) {
      signal.throwIfAborted();
      parts.push(await this.call(texts.slice(from, from + TEXTS_A_CALL)));
    }
    return {
      vectors: parts.flatMap(({ vectors }) => vectors),
      promptTokens: parts.flatMap(({ tokens }) => tokens),
    };
  }

  async dispose(): Promise<void> {
    await this.worker?.destroy();
    this.worker = undefined;
  }

  private async call(texts: readonly string[]): Promise<EmbeddedTexts> {
    try {
      return (await this.worker?.run(texts)) as EmbeddedTexts;
    } catch (cause) {
      throw new ModelError('The embedding worker failed', { cause });
    }
  }
}
