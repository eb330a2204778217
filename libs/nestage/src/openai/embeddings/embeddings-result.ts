/** The vector of one input. @publicApi */
export type EmbeddingVector = readonly number[] | Float32Array;

/** What `embed` may give instead of plain vectors. @publicApi */
export interface EmbeddingsResult {
  /** One for each input, in their order. */
  readonly vectors: readonly EmbeddingVector[];
  /** Tokens of all inputs; counted by the route's tokenizer when absent. */
  readonly promptTokens?: number;
}

/** Vectors with what they were made of, on their way to the wire. @internal */
export interface EmbeddedInputs extends EmbeddingsResult {
  readonly texts: readonly string[];
}
