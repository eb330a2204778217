import type { EmbeddingVector } from './embeddings-result.js';

const BYTES = Float32Array.BYTES_PER_ELEMENT;

/** 32-bit floats, the least significant byte first whatever the machine, in base64. @internal */
export function toBase64(vector: EmbeddingVector): string {
  const bytes = Buffer.allocUnsafe(vector.length * BYTES);
  vector.forEach((value, index) => bytes.writeFloatLE(value, index * BYTES));
  return bytes.toString('base64');
}

/** The first numbers of a vector, with length 1. @internal */
export function shortened(vector: EmbeddingVector, dimensions: number): readonly number[] {
  const part = Array.from(vector.slice(0, dimensions));
  const length = Math.hypot(...part);
  return length === 0 ? part : part.map((value) => value / length);
}
