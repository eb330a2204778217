import { megabytes, StageHandler } from 'nestage';
import { type EmbedCall, embeddings, EmbeddingsHandler, type EmbeddingsResult } from 'nestage/openai';
import { SENTENCE_MODEL_ID, SentenceModel } from './sentence-model.js';

/** OpenAI's endpoint for embeddings, by the embedded model; requests that come together are embedded together. */
@StageHandler('/v1/embeddings', {
  protocol: embeddings({ models: [SENTENCE_MODEL_ID] }),
  batch: { maxSize: 16, maxWaitMs: 2 },
  maxBodyBytes: megabytes(4),
})
export class SentenceEmbeddingsHandler extends EmbeddingsHandler {
  constructor(private readonly model: SentenceModel) {
    super();
  }

  embed(texts: readonly string[], { signal }: EmbedCall): Promise<EmbeddingsResult> {
    return this.model.embed(texts, signal);
  }
}
