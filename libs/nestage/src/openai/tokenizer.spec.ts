import fc from 'fast-check';
import { roughTokenizer } from './tokenizer.js';

describe('roughTokenizer', () => {
  it('takes words with the space before them, signs, and ideographs', () => {
    expect(roughTokenizer.split('Total due: 758.10 (付款)')).toEqual(['Total', ' due', ':', ' 758', '.', '10', ' ', '(', '付', '款', ')']);
  });

  it('loses nothing of any text', () => {
    fc.assert(fc.property(fc.string({ unit: 'binary' }), (text) => expect(roughTokenizer.split(text).join('')).toBe(text)));
  });
});
