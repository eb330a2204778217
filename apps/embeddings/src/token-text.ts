import cl100k from 'js-tiktoken/ranks/cl100k_base';
import { ValidationError } from 'nestage';

/** Bytes of each token in base64, by its id. */
const TOKENS: readonly string[] = readRanks(cl100k.bpe_ranks);

/**
 * The text of tokens of `cl100k_base`, the encoding of all of OpenAI's embedding models: clients that send tokens take it for models whose
 * name they don't know, too. A character that was cut at either end reads as U+FFFD.
 * @param field where the tokens stood in the request, for the error
 * @throws ValidationError for an id that stands for no text; control tokens such as `<|endoftext|>` are among them
 */
export function textOfTokens(tokens: readonly number[], field: string): string {
  const unknown = tokens.find((token) => TOKENS[token] === undefined);
  if (unknown === undefined) return Buffer.concat(tokens.map((token) => Buffer.from(TOKENS[token], 'base64'))).toString();
  const message = `${field} holds ${unknown}, which stands for no text in cl100k_base: send tokens of that encoding, or the text itself`;
  throw new ValidationError(message, { fields: [{ field, messages: [message] }] });
}

/** Lines of `! first-id token token ...`. */
function readRanks(text: string): string[] {
  const tokens: string[] = [];
  for (const line of text.split('\n')) {
    const [, first, ...rest] = line.split(' ');
    for (const [index, token] of rest.entries()) tokens[Number(first) + index] = token;
  }
  return tokens;
}
