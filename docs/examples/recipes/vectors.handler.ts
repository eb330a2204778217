import { StageHandler } from 'nestage';
import { embeddings, EmbeddingsHandler } from 'nestage/openai';

/** Embeddings of several requests at once: up to 32 texts, none waiting longer than 5 ms for others. */
@StageHandler('/v1/embeddings', { protocol: embeddings({ models: ['letters'] }), batch: { maxSize: 32, maxWaitMs: 5 } })
export class VectorsHandler extends EmbeddingsHandler {
  /** Called with the texts of a whole batch. Here: how often each letter occurs. */
  embed(texts: readonly string[]): number[][] {
    return texts.map((text) => Array.from('abcdefghijklmnopqrstuvwxyz', (letter) => text.toLowerCase().split(letter).length - 1));
  }
}
