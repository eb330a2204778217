import fc from 'fast-check';
import { shortened, toBase64 } from './vector.js';

const float = fc.float({ noNaN: true, noDefaultInfinity: true });

describe(toBase64.name, () => {
  it('is what clients decode: little-endian 32-bit floats', () => {
    expect(toBase64([1, -2])).toBe(Buffer.from([0, 0, 0x80, 0x3f, 0, 0, 0, 0xc0]).toString('base64'));
    fc.assert(
      fc.property(fc.array(float), (vector) => {
        const bytes = Buffer.from(toBase64(vector), 'base64');
        expect(vector.map((_value, index) => bytes.readFloatLE(index * 4))).toEqual(vector);
        expect(toBase64(Float32Array.from(vector))).toBe(toBase64(vector));
      }),
    );
  });
});

describe(shortened.name, () => {
  it('gives as many numbers as asked for, of length 1, in the direction of the first ones', () => {
    expect(shortened([3, 4, 12], 2)).toEqual([0.6, 0.8]);
    expect(shortened([0, 0, 1], 2)).toEqual([0, 0]);
  });
});
