import type { StageContext } from '../../core/context/stage-context.js';
import { ModelError, ValidationError } from '../../core/errors/service-errors.js';
import { EmbeddingsRequest } from './embeddings.dto.js';
import type { EmbedCall, EmbeddedInputs, EmbeddingsResult, EmbeddingVector } from './embeddings-result.js';

/** What `embed` may give: vectors alone, or with the tokens that they took. @publicApi */
export type EmbeddingsReply = readonly EmbeddingVector[] | EmbeddingsResult;

/**
 * A model of embeddings behind OpenAI's endpoint: `embed` takes texts and gives a vector for each; the forms of input, the encodings and
 * the usage are the framework's. With `batch` among the options the texts of several requests are embedded in one call.
 *
 * @example
 * ```ts
 * @StageHandler('/v1/embeddings', { protocol: embeddings({ models: ['my-embeddings'] }), batch: { maxSize: 32, maxWaitMs: 5 } })
 * export class MyEmbeddingsHandler extends EmbeddingsHandler {
 *   embed(texts: readonly string[], { signal }: EmbedCall) { return this.model.embed(texts, signal); }
 * }
 * ```
 * @publicApi
 */
export abstract class EmbeddingsHandler {
  /** The vectors of the texts, in their order. Stops soon after `call.signal` fires. */
  abstract embed(texts: readonly string[], call: EmbedCall): EmbeddingsReply | Promise<EmbeddingsReply>;

  /**
   * The text that tokens stand for, where the model has a tokenizer. Without it requests that send tokens are refused.
   * @param field where the tokens stood in the request, `input` or `input[1]`: for a `ValidationError` on tokens that stand for nothing
   */
  decodeTokens?(tokens: readonly number[], field: string): string;

  preProcess({ input }: EmbeddingsRequest): readonly string[] {
    if (typeof input === 'string') return [input];
    if (isTexts(input)) return input;
    if (!this.decodeTokens) {
      const message = 'input must be text: this model does not take tokens';
      throw new ValidationError(message, { fields: [{ field: 'input', messages: [message] }] });
    }
    if (typeof input[0] === 'number') return [this.decodeTokens(input as readonly number[], 'input')];
    return (input as readonly (readonly number[])[]).map((tokens, index) => this.decodeTokens?.(tokens, `input[${index}]`) ?? '');
  }

  async run(texts: readonly string[], context: StageContext): Promise<EmbeddedInputs> {
    const [embedded] = await this.embedAll([texts], context);
    return embedded;
  }

  /** The texts of several requests in one call. */
  runBatch(inputs: (readonly string[])[], contexts: StageContext[]): Promise<EmbeddedInputs[]> {
    return this.embedAll(inputs, { signal: allAborted(contexts.map(({ signal }) => signal)) });
  }

  private async embedAll(inputs: readonly (readonly string[])[], call: EmbedCall): Promise<EmbeddedInputs[]> {
    const texts = inputs.flat();
    const given = await this.embed(texts, call);
    const { vectors, promptTokens }: EmbeddingsResult = 'vectors' in given ? given : { vectors: given };
    if (vectors.length !== texts.length)
      throw new ModelError(`embed must give ${texts.length} vectors, one for each text`, { code: 'invalid_response' });
    const total = inputs.length === 1 && typeof promptTokens === 'number' ? promptTokens : undefined;
    let from = 0;
    return inputs.map((own) => {
      const to = from + own.length;
      const tokens = typeof promptTokens === 'object' ? promptTokens.slice(from, to).reduce((sum, each) => sum + each, 0) : total;
      const embedded = { texts: own, vectors: vectors.slice(from, to), promptTokens: tokens };
      from = to;
      return embedded;
    });
  }
}

const isTexts = (input: EmbeddingsRequest['input']): input is readonly string[] => typeof input[0] === 'string';

/** Fires when all of several signals have: one request of a batch that has gone must not stop the others. */
function allAborted(signals: readonly AbortSignal[]): AbortSignal {
  const controller = new AbortController();
  let waiting = 0;
  const stop = (): void => {
    if (--waiting === 0) controller.abort(signals[0].reason);
  };
  for (const signal of signals) {
    waiting++;
    if (!signal.aborted) signal.addEventListener('abort', stop, { once: true });
  }
  for (const signal of signals) if (signal.aborted) stop();
  return controller.signal;
}
