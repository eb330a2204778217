import fc from 'fast-check';
import { hashApiKey } from './api-key.js';
import { presentedKey } from './credentials.js';
import { KeyRing } from './key-ring.js';
import { readKeys } from './read-keys.js';

const ringOf = (...keys: string[]) =>
  new KeyRing(
    readKeys(
      keys.map((key, index) => ({ name: `n${index}`, hash: hashApiKey(key) })),
      'keys',
      'a test',
    ),
  );

/** As Node hands out the bytes of a header. */
const onWire = (key: string) => Buffer.from(key, 'utf8').toString('latin1');

describe('a ring of keys', () => {
  it('finds exactly those that are in it', () => {
    const texts = fc.uniqueArray(fc.string({ minLength: 1, unit: 'grapheme' }), { minLength: 1, maxLength: 8 });
    fc.assert(
      fc.property(texts, fc.string({ unit: 'grapheme' }), (keys, other) => {
        const ring = ringOf(...keys);
        keys.forEach((key, index) => expect(ring.find(onWire(key))?.name).toBe(`n${index}`));
        if (!keys.includes(other)) expect(ring.find(onWire(other))).toBeUndefined();
      }),
    );
  });

  it('compares with every key whatever was found, so that time tells nothing', () => {
    let compared = 0;
    const [first, ...rest] = ringOf('a', 'b', 'c').keys;
    const counted = [first, ...rest].map(
      (key) =>
        new Proxy(key, {
          get: (target, field) => {
            if (field === 'digest') compared++;
            return Reflect.get(target, field) as unknown;
          },
        }),
    );
    const ring = new KeyRing(counted);
    for (const given of ['a', 'c', 'unknown', '']) {
      compared = 0;
      ring.find(given);
      expect(compared).toBe(3);
    }
  });
});

describe('the key of a request', () => {
  it.each([
    [{ authorization: 'Bearer abc' }, 'abc'],
    [{ authorization: 'bearer   abc ' }, 'abc'],
    [{ 'x-api-key': 'abc' }, 'abc'],
    [{ authorization: 'Bearer abc', 'x-api-key': 'def' }, 'abc'],
    [{ authorization: 'Basic YWJj', 'x-api-key': 'def' }, 'def'],
    [{ authorization: 'Bearer ', 'x-api-key': 'def' }, 'def'],
    [{ authorization: 'Basic YWJj' }, undefined],
    [{ authorization: 'Bearer' }, undefined],
    [{ authorization: '' }, undefined],
    [{ 'x-api-key': '' }, undefined],
    [{ 'x-api-key': ['a', 'b'] }, undefined],
    [{}, undefined],
  ])('of %j is %s', (headers, key) => {
    expect(presentedKey(headers)).toBe(key);
  });
});
