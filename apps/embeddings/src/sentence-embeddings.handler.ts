import { megabytes, StageHandler, ValidationError } from 'nestage';
import { type EmbedCall, embeddings, EmbeddingsHandler, type EmbeddingsRequest, type EmbeddingsResult } from 'nestage/openai';
import { SENTENCE_MODEL_ID, SentenceModel } from './sentence-model.js';
import { textOfTokens } from './token-text.js';

/** Longest body, and longest text of its tokens: few digits may stand for a hundred letters. */
const MAX_BYTES = megabytes(4);
/** Longest text: some 8000 tokens, as with OpenAI. The model's tokenizer takes four times as long for twice the text, and the others wait. */
const MAX_CHARACTERS = 40_000;

/** OpenAI's endpoint for embeddings, by the embedded model; requests that come together are embedded together. */
@StageHandler('/v1/embeddings', {
  protocol: embeddings({ models: [SENTENCE_MODEL_ID] }),
  batch: { maxSize: 16, maxWaitMs: 2 },
  maxBodyBytes: MAX_BYTES,
})
export class SentenceEmbeddingsHandler extends EmbeddingsHandler {
  constructor(private readonly model: SentenceModel) {
    super();
  }

  override decodeTokens(tokens: readonly number[], field: string): string {
    return textOfTokens(tokens, field);
  }

  override preProcess(request: EmbeddingsRequest): readonly string[] {
    const texts = super.preProcess(request);
    const index = texts.findIndex((text) => text.length > MAX_CHARACTERS);
    if (index >= 0) throw tooLong(texts.length === 1 ? 'input' : `input[${index}]`, MAX_CHARACTERS);
    if (texts.reduce((sum, text) => sum + text.length, 0) > MAX_BYTES) throw tooLong('input', MAX_BYTES);
    return texts;
  }

  embed(texts: readonly string[], { signal }: EmbedCall): Promise<EmbeddingsResult> {
    return this.model.embed(texts, signal);
  }
}

function tooLong(field: string, limit: number): ValidationError {
  const message = `${field} is longer than ${limit} characters: cut it into pieces`;
  return new ValidationError(message, { code: 'context_length_exceeded', fields: [{ field, messages: [message] }] });
}
