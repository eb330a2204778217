import fc from 'fast-check';
import { jsonBodyWithin } from './body-format.js';
import { assertWithinLimits, type JsonLimits, resolveJsonLimits } from './json-limits.js';

const limits = { maxDepth: 3, maxKeys: 4 };
const accepts = (text: string, given = limits): boolean => {
  try {
    assertWithinLimits(text, given);
    return true;
  } catch {
    return false;
  }
};

describe('limits of JSON', () => {
  it.each([
    ['[[[1]]]', true],
    ['[[[[1]]]]', false],
    ['{"a":{"b":{"c":1}}}', true],
    ['[[[]],[[]],[[]]]', true],
    ['{"a":1,"b":2,"c":3,"d":4}', true],
    ['{"a":1,"b":2,"c":3,"d":4,"e":5}', false],
    ['"[[[[[[[[ :::::::: {{{{{"', true],
    ['["\\"[[[[[", "\\\\", [[1]]]', true],
    ['["\\\\", [[[1]]]]', false],
    ['"never closed [[[[[', true],
    ['[[[[[[[[[[[[[[[[', false],
  ])('of %s: %s', (text, isAccepted) => {
    expect(accepts(text)).toBe(isAccepted);
  });

  it('counts as a walk through the value does', () => {
    const depthOf = (value: unknown): number =>
      typeof value === 'object' && value !== null ? 1 + Math.max(0, ...Object.values(value).map(depthOf)) : 0;
    const keysOf = (value: unknown): number =>
      typeof value === 'object' && value !== null
        ? (Array.isArray(value) ? 0 : Object.keys(value).length) + Object.values(value).reduce<number>((sum, each) => sum + keysOf(each), 0)
        : 0;
    fc.assert(
      fc.property(fc.json(), fc.nat(5), fc.nat(5), (text, maxDepth, maxKeys) => {
        const value: unknown = JSON.parse(text);
        fc.pre(JSON.stringify(value).length <= text.length);
        if (keysOf(value) < (text.match(/":/g)?.length ?? 0)) return; // a key given twice
        const isWithin = depthOf(value) <= maxDepth && keysOf(value) <= maxKeys;
        if (text.length > Math.min(maxDepth, maxKeys)) expect(accepts(text, { maxDepth, maxKeys })).toBe(isWithin);
      }),
    );
  });

  it('are filled with defaults, also where one is given as absent', () => {
    expect(resolveJsonLimits({ maxDepth: undefined, maxKeys: 7 })).toEqual({ maxDepth: 100, maxKeys: 7 });
  });

  it.each([
    [{ maxDepth: 0 }, '"maxDepth" must be an integer >= 1, got 0 (set it in jsonBodyWithin()).'],
    [{ maxKeys: Number.NaN }, '"maxKeys" must be an integer >= 1, got NaN'],
    [{ maxKeys: '5' }, '"maxKeys" must be an integer >= 1, got "5"'],
    [{ depth: 5 }, '"depth" is not an option (known: "maxDepth", "maxKeys"; given in jsonBodyWithin()).'],
  ])('refuse %j', (given, message) => {
    expect(() => jsonBodyWithin(given as JsonLimits)).toThrow(message);
  });
});
