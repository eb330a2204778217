/** Characters of Chinese and Japanese, which no space parts from what they follow. @internal */
export const CJK = String.raw`\u3000-\u303f\u3400-\u9fff\uff00-\uffef`;

/** The punctuation of the sentence at the end of what was found. A loop, since `[.:]+$` is tried from each of its characters. @internal */
export function tailOf(found: string): string {
  let end = found.length;
  while (end > 0 && '.,;:!?)]}…'.includes(found[end - 1])) end--;
  return found.slice(end);
}
