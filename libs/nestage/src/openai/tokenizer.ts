/**
 * Counts tokens where the model does not say how many it took, and cuts a reply at its limit.
 * @publicApi
 */
export interface Tokenizer {
  /** The text in tokens; joined they are the text again. Pieces of a stream are split each on its own. */
  split(text: string): readonly string[];
}

/** A word with the space before it, a Chinese, Japanese or Korean character, a run of other signs, a run of space. */
const ROUGH = /\s?[\p{Script=Latin}\p{Script=Cyrillic}\p{Script=Greek}\p{N}]+|[\p{L}\p{M}]|[^\s\p{L}\p{N}\p{M}]+|\s+/gu;

/**
 * Words, signs and ideographs as tokens: good for a bound and a rough figure, not for a bill. A real model's own tokenizer gives more
 * tokens for the same text, as a rule.
 * @publicApi
 */
export const roughTokenizer: Tokenizer = { split: (text) => text.match(ROUGH) ?? [] };

/** @internal */
export const countTokens = (tokenizer: Tokenizer, texts: readonly string[]): number =>
  texts.reduce((sum, text) => sum + (text === '' ? 0 : tokenizer.split(text).length), 0);
