import { megabytes, type StageContext, StageHandler } from 'nestage';
import { embeddings, EmbeddingsHandler, type EmbeddingsResult } from 'nestage/openai';
import { SENTENCE_MODEL_ID, SentenceModel } from './sentence-model.js';

/** OpenAI's endpoint for embeddings, by the embedded model. */
@StageHandler('/v1/embeddings', { protocol: embeddings({ models: [SENTENCE_MODEL_ID] }), maxBodyBytes: megabytes(4) })
export class SentenceEmbeddingsHandler extends EmbeddingsHandler {
  constructor(private readonly model: SentenceModel) {
    super();
  }

  embed(texts: readonly string[], { signal }: StageContext): Promise<EmbeddingsResult> {
    return this.model.embed(texts, signal);
  }
}
