/** What the recogniser read in one crop. */
export interface ReadText {
  readonly text: string;
  /** Mean probability of the characters, 0 to 1; 0 when there are none. */
  readonly confidence: number;
}

/**
 * Turns the recogniser's answer into text: the most probable class of each step, repeats taken once, blanks dropped (greedy CTC decoding,
 * Graves et al. 2006, section 3.2). A blank between two equal classes keeps both.
 *
 * @param probabilities steps x classes, already softmaxed
 * @param alphabet the character of each class; class 0 is the blank
 */
export function decodeCtc(probabilities: Float32Array, alphabet: readonly string[]): ReadText {
  const classCount = alphabet.length;
  let text = '';
  let sum = 0;
  let count = 0;
  let previous = 0;
  for (let offset = 0; offset < probabilities.length; offset += classCount) {
    let best = 0;
    for (let candidate = 1; candidate < classCount; candidate++) {
      if (probabilities[offset + candidate] > probabilities[offset + best]) best = candidate;
    }
    if (best !== 0 && best !== previous) {
      text += alphabet[best];
      sum += probabilities[offset + best];
      count++;
    }
    previous = best;
  }
  return { text, confidence: count === 0 ? 0 : sum / count };
}
