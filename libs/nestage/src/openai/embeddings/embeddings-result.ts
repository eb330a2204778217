/** The vector of one input. @publicApi */
export type EmbeddingVector = readonly number[] | Float32Array;

/** What `embed` may give instead of plain vectors. @publicApi */
export interface EmbeddingsResult {
  /** One for each input, in their order. */
  readonly vectors: readonly EmbeddingVector[];
  /** Tokens of each input, or of all together (which batches can't share out); counted by the route's tokenizer when absent. */
  readonly promptTokens?: number | readonly number[];
}

/** What `embed` is told besides the texts. A `StageContext` is one. @publicApi */
export interface EmbedCall {
  /** Fires when nobody waits for the vectors any more: of a batch, when the last request has gone. */
  readonly signal: AbortSignal;
}

/** Vectors with what they were made of, on their way to the wire. @internal */
export interface EmbeddedInputs {
  readonly texts: readonly string[];
  readonly vectors: readonly EmbeddingVector[];
  readonly promptTokens: number | undefined;
}
