/**
 * How much of a text was read wrongly: edits needed (insertions, deletions, substitutions; Levenshtein) per character of what was written.
 *
 * Both are compared in the Unicode form NFKC and without white space, since spaces are not dependable.
 *
 * @returns 0 for a perfect reading; may exceed 1
 */
export function characterErrorRate(expected: string, actual: string): number {
  const [a, b] = [comparable(expected), comparable(actual)];
  return a.length === 0 ? b.length : editDistance(a, b) / a.length;
}

function comparable(text: string): readonly string[] {
  return [...text.normalize('NFKC').replace(/\s+/gu, '')];
}

function editDistance(a: readonly string[], b: readonly string[]): number {
  let row = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      next.push(Math.min(row[j] + 1, next[j - 1] + 1, row[j - 1] + (a[i - 1] === b[j - 1] ? 0 : 1)));
    }
    row = next;
  }
  return row[b.length];
}
