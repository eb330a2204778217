import { decodeCtc } from './ctc-decode.js';

const alphabet = ['', 'a', 'b', ' '];

/** One step for each letter, "-" is the blank, with this probability. */
function steps(letters: string, probability = 1): Float32Array {
  const output = new Float32Array(letters.length * alphabet.length);
  [...letters].forEach((letter, i) => (output[i * alphabet.length + (letter === '-' ? 0 : alphabet.indexOf(letter))] = probability));
  return output;
}

describe('decodeCtc', () => {
  it('takes repeats once, keeps both when a blank stands between, and drops blanks', () => {
    expect(decodeCtc(steps('-aa-a-bb -b--'), alphabet).text).toBe('aab b');
  });

  it('gives the mean probability of the characters, blanks not counted', () => {
    const output = Float32Array.from([...steps('a', 0.5), ...steps('-', 1), ...steps('b', 1)]);
    expect(decodeCtc(output, alphabet)).toEqual({ text: 'ab', confidence: 0.75 });
  });

  it('gives no text and no confidence for blanks', () => {
    expect(decodeCtc(steps('---'), alphabet)).toEqual({ text: '', confidence: 0 });
  });
});
