import type { StageContext } from '../../core/context/stage-context.js';
import { ValidationError } from '../../core/errors/service-errors.js';
import { EmbeddingsRequest } from './embeddings.dto.js';
import type { EmbeddedInputs, EmbeddingsResult, EmbeddingVector } from './embeddings-result.js';

/**
 * A model of embeddings behind OpenAI's endpoint: `embed` takes texts and gives a vector for each; the forms of input, the encodings and
 * the usage are the framework's.
 *
 * @example
 * ```ts
 * @StageHandler('/v1/embeddings', { protocol: embeddings({ models: ['my-embeddings'] }) })
 * export class MyEmbeddingsHandler extends EmbeddingsHandler {
 *   embed(texts: readonly string[], context: StageContext) { return this.model.embed(texts, context.signal); }
 * }
 * ```
 * @publicApi
 */
export abstract class EmbeddingsHandler {
  /** The vectors of the texts, in their order. Stops soon after `context.signal` fires. */
  abstract embed(
    texts: readonly string[],
    context: StageContext,
  ): readonly EmbeddingVector[] | EmbeddingsResult | Promise<readonly EmbeddingVector[] | EmbeddingsResult>;

  /** The text that tokens stand for, where the model has a tokenizer. Without it requests that send tokens are refused. */
  decodeTokens?(tokens: readonly number[]): string;

  preProcess({ input }: EmbeddingsRequest): readonly string[] {
    if (typeof input === 'string') return [input];
    if (isTexts(input)) return input;
    if (!this.decodeTokens) {
      const message = 'input must be text: this model does not take tokens';
      throw new ValidationError(message, { fields: [{ field: 'input', messages: [message] }] });
    }
    const lists = (typeof input[0] === 'number' ? [input] : input) as readonly (readonly number[])[];
    return lists.map((tokens) => this.decodeTokens?.(tokens) ?? '');
  }

  async run(texts: readonly string[], context: StageContext): Promise<EmbeddedInputs> {
    const given = await this.embed(texts, context);
    const result = 'vectors' in given ? given : { vectors: given };
    return { ...result, texts };
  }
}

const isTexts = (input: EmbeddingsRequest['input']): input is readonly string[] => typeof input[0] === 'string';
