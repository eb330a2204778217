import { IsIn, IsInt, IsOptional, IsString, Max, Min, ValidateBy } from 'class-validator';
import { JSONSchema } from 'class-validator-jsonschema';

/** Most inputs of one request. */
const MAX_INPUTS = 2048;
const MAX_TOKENS = 1_000_000;
const TEXT = { type: 'string', minLength: 1 } as const;
const TOKENS = { type: 'array', items: { type: 'integer', minimum: 0 } } as const;

/** What embeddings are asked of: a text, texts, the tokens of a text, or those of several. @publicApi */
export type EmbeddingsInput = string | readonly string[] | readonly number[] | readonly (readonly number[])[];

/**
 * Body of `POST /v1/embeddings`. Fields that are not named here are ignored, and null counts as absent.
 * @see https://platform.openai.com/docs/api-reference/embeddings/create
 * @publicApi
 */
export class EmbeddingsRequest {
  /** Id of the model; the first one that the route serves, if absent. */
  @IsOptional()
  @IsString()
  model?: string | null;

  @ValidateBy({
    name: 'isEmbeddingsInput',
    validator: {
      validate: isInput,
      defaultMessage: () => `input must be a text, an array of texts, or tokens: 1 to ${MAX_INPUTS} of them, none empty`,
    },
  })
  @JSONSchema({
    oneOf: [TEXT, { type: 'array', items: TEXT, maxItems: MAX_INPUTS }, TOKENS, { type: 'array', items: TOKENS }],
    example: 'Bread and butter',
  })
  input: EmbeddingsInput;

  /** How vectors are written; absent means `float`. OpenAI's own client asks for `base64` and decodes it itself. */
  @IsOptional()
  @IsIn(['float', 'base64'])
  encoding_format?: 'float' | 'base64' | null;

  @IsOptional()
  @IsInt()
  @Min(1)
  @Max(65_536)
  dimensions?: number | null;

  @IsOptional()
  @IsString()
  user?: string | null;
}

function isInput(value: unknown): boolean {
  if (typeof value === 'string') return value !== '';
  if (!Array.isArray(value) || value.length === 0) return false;
  if (typeof value[0] === 'number') return isTokens(value);
  if (value.length > MAX_INPUTS) return false;
  return typeof value[0] === 'string' ? value.every((each) => typeof each === 'string' && each !== '') : value.every(isTokens);
}

function isTokens(value: unknown): boolean {
  const isList = Array.isArray(value) && value.length > 0 && value.length <= MAX_TOKENS;
  return isList && value.every((token) => Number.isSafeInteger(token) && (token as number) >= 0);
}
