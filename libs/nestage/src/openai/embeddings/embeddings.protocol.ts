import { types } from 'node:util';
import { checkOptions, integer, OptionError, typed } from '../../common/option-checks.js';
import type { StageContext } from '../../core/context/stage-context.js';
import { ModelError } from '../../core/errors/service-errors.js';
import type { EncodedValue, ProtocolDescription, ProtocolExchange, RouteProtocol } from '../../core/protocol/route-protocol.js';
import { idsOf, modelIds, tokenizerCheck } from '../chat/chat-completions.options.js';
import { ModelProtocol, refusal } from '../model-protocol.js';
import type { ServesModels } from '../serves-models.js';
import { WIRE_SCHEMAS } from '../wire-schemas.js';
import { countTokens, roughTokenizer, type Tokenizer } from '../tokenizer.js';
import { EmbeddingsRequest } from './embeddings.dto.js';
import type { EmbeddedInputs, EmbeddingVector } from './embeddings-result.js';
import { shortened, toBase64 } from './vector.js';

/** @publicApi */
export interface EmbeddingsOptions {
  /** Ids that the route answers to; a request that names none gets the first, one that names another 404 `model_not_found`. */
  readonly models: readonly [string, ...string[]];
  /** Counts the tokens of the inputs where the model does not say. @default roughTokenizer */
  readonly tokenizer?: Tokenizer;
  /**
   * Whether the model's vectors may be cut to fewer `dimensions` and still mean something, as those trained for it (Matryoshka) do. They
   * are given length 1 again. @default false (a request for other than the model's own dimensions is refused with 400)
   */
  readonly isShortenable?: boolean;
  /** Most inputs of one request. @default 2048 */
  readonly maxInputs?: number;
}

const CHECKS = { models: modelIds, tokenizer: tokenizerCheck, isShortenable: typed('boolean'), maxInputs: integer(1, 2048) };

/**
 * OpenAI's embeddings: vectors as numbers or base64 of little-endian 32-bit floats, as the client asks. For an `EmbeddingsHandler`.
 * @throws OptionError for a bad option
 * @publicApi
 */
export function embeddings(given: EmbeddingsOptions): RouteProtocol & ServesModels {
  if (given?.models === undefined) throw new OptionError('"models" must name at least one model id (set it in embeddings()).');
  checkOptions(given, CHECKS, 'embeddings()');
  return new EmbeddingsProtocol(given);
}

class EmbeddingsProtocol extends ModelProtocol implements RouteProtocol {
  readonly name = 'openai-embeddings';
  readonly request = EmbeddingsRequest;
  readonly describe = (): ProtocolDescription => WIRE_SCHEMAS.embeddings;

  constructor(private readonly options: EmbeddingsOptions) {
    super(idsOf(options.models));
  }

  admit(given: unknown, _context: StageContext): void {
    const { model, input } = given as EmbeddingsRequest;
    const { maxInputs = 2048 } = this.options;
    this.modelOf(model);
    const isList = typeof input !== 'string' && typeof input[0] !== 'number';
    if (isList && input.length > maxInputs) throw refusal('input', `must have at most ${maxInputs} items`);
  }

  encodeValue(value: unknown, { request }: ProtocolExchange): EncodedValue {
    const { vectors, texts, promptTokens } = value as EmbeddedInputs;
    const { encoding_format: format, model } = request as EmbeddingsRequest;
    assertVectors(vectors);
    const data = vectors.map((vector, index) => {
      const sized = this.sized(vector, request as EmbeddingsRequest);
      return { object: 'embedding', index, embedding: format === 'base64' ? toBase64(sized) : Array.from(sized) };
    });
    const tokens = promptTokens ?? countTokens(this.options.tokenizer ?? roughTokenizer, texts);
    return {
      value: { object: 'list', data, model: this.modelOf(model), usage: { prompt_tokens: tokens, total_tokens: tokens } },
    };
  }

  encodeStream(): never {
    throw new ModelError('embed gave a stream', { code: 'invalid_response' });
  }

  private sized(vector: EmbeddingVector, { dimensions }: EmbeddingsRequest): EmbeddingVector {
    if (!dimensions || dimensions === vector.length) return vector;
    if (!this.options.isShortenable) throw refusal('dimensions', `must be ${vector.length} or absent: this model has no other`);
    if (dimensions > vector.length) throw refusal('dimensions', `must be at most ${vector.length}`);
    return shortened(vector, dimensions);
  }
}

/** @throws ModelError for what would reach a client as garbage */
function assertVectors(vectors: readonly EmbeddingVector[]): void {
  const fault = (what: string): ModelError => new ModelError(`embed must give ${what}`, { code: 'invalid_response' });
  const [first] = vectors;
  const isVector = (vector: unknown): boolean => (Array.isArray(vector) || types.isFloat32Array(vector)) && vector.length === first.length;
  if (!first?.length || !vectors.every(isVector)) throw fault('vectors of one length');
  if (!vectors.every((vector) => vector.every(Number.isFinite))) throw fault('finite numbers');
}
