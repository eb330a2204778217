import { Readable } from 'node:stream';
import fc from 'fast-check';
import { IDENTITY } from '../core/stage/identity.js';
import { digestOf } from './input-digest.js';
import { PlainClasses } from './plain-classes.js';

const classes = new PlainClasses();
const textOf = (value: unknown): string => {
  const digest = digestOf(value, classes);
  if ('fault' in digest) throw new Error(digest.fault);
  return digest.text;
};
const faultOf = (value: unknown): string | undefined => {
  const digest = digestOf(value, classes);
  return 'fault' in digest ? digest.fault : undefined;
};

class Point {
  constructor(
    readonly x: number,
    readonly y: number,
  ) {}
}
class Place extends Point {}
class Secretive {
  readonly shown = 1;
  readonly #hidden: number;
  constructor(hidden: number) {
    this.#hidden = hidden;
  }
  get hidden() {
    return this.#hidden;
  }
}
class SecretiveChild extends Secretive {
  readonly own = 2;
}
class Identified extends Secretive {
  get [IDENTITY]() {
    return this.hidden;
  }
}

describe(digestOf.name, () => {
  it.each([
    ['fields in another order', { a: 1, b: { c: 2, d: 3 } }, { b: { d: 3, c: 2 }, a: 1 }],
    ['a field that is undefined', { a: 1, b: undefined }, { a: 1 }],
    ['bytes in another place', Buffer.from('abc'), Buffer.from('xabc').subarray(1)],
    ['dates', new Date(5), new Date(5)],
    ['maps and sets', new Map([['a', new Set([1])]]), new Map([['a', new Set([1])]])],
    ['instances of one class', new Point(1, 2), new Point(1, 2)],
    ['what an object says of itself', new Identified(1), new Identified(1)],
    ['an object that stands at two places', [{ a: 1 }, { a: 1 }], Array(2).fill({ a: 1 })],
    ['texts longer than a piece', 'x'.repeat(100_000), 'x'.repeat(100_000)],
  ])('is the same for %s', (_what, one, other) => {
    expect(textOf(one)).toBe(textOf(other));
  });

  it.each([
    [1, '1'],
    [1, 1n],
    [0, -0],
    [null, undefined],
    [null, 'null'],
    [[], {}],
    [
      [1, 2],
      [2, 1],
    ],
    [
      [[1], 2],
      [1, [2]],
    ],
    [['a', 'b'], ['ab']],
    [['a', 'b'], ['a1:b']],
    [{ a: 'b' }, { ab: '' }],
    [{ a: { b: 1 } }, { a: {}, b: 1 }],
    ['\ud800', '\ud801'],
    ['\ud800', '\ufffd'],
    ['abc', Buffer.from('abc')],
    [new Uint8Array([1, 0]), new Uint16Array([1])],
    [new Date(5), 5],
    [new Map([['a', 1]]), { a: 1 }],
    [new Set([1]), [1]],
    [
      new Map([
        ['a', 'b'],
        ['c', 'd'],
      ]),
      new Map([
        ['a', 'b'],
        ['d', 'c'],
      ]),
    ],
    [new Identified(1), new Identified(2)],
    ['x'.repeat(5000) + 'y', 'x'.repeat(5001)],
  ])('differs for %p and %p', (one, other) => {
    expect(textOf(one)).not.toBe(textOf(other));
  });

  it.each([
    ['a function at "options.onDone"', { options: { onDone: () => 1 } }],
    ['a symbol at "0"', [Symbol('x')]],
    ['an object of class Secretive, which may hide a part of its state at "who"', { who: new Secretive(1) }],
    ['an object of class SecretiveChild, which may hide a part of its state', new SecretiveChild(1)],
    ['an object of class Promise, which may hide a part of its state at "later"', { later: Promise.resolve() }],
    ['an object of class URL, which may hide a part of its state at "1"', ['a', new URL('http://localhost')]],
    ['an object of class Readable, which may hide a part of its state', Readable.from([])],
    ['an object of class Error, which may hide a part of its state', new Error('message')],
    ['an object of class Object, which may hide a part of its state', { [Symbol('tag')]: 1 }],
    ['an object of class object, which may hide a part of its state', Object.assign(new Secretive(1), { constructor: null })],
    ['an object of class object, which may hide a part of its state', Object.assign(Object.create(null), { [Symbol('tag')]: 1 })],
    ['a function at "a value"', new Map([[Object.create(null), () => 1]])],
    ['an object that holds itself at "self"', (() => { const value: Record<string, unknown> = {}; value.self = value; return value; })()], // prettier-ignore
  ])('is refused for %s', (fault, value) => {
    expect(faultOf(value)).toBe(fault);
  });

  it('is refused for what is deeper than the stack should be', () => {
    let deep: unknown = 1;
    for (let level = 0; level < 10_000; level++) deep = [deep];
    expect(faultOf(deep)).toContain('100 levels deep');
  });

  it('takes instances of subclasses without hidden state', () => {
    expect(textOf(new Place(1, 2))).toBeDefined();
  });

  it('is equal for two JSON values if and only if they are', () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 4 }), fc.jsonValue({ maxDepth: 4 }), (one, other) => {
        expect(textOf(one) === textOf(other)).toBe(canonical(one) === canonical(other));
        expect(textOf(shuffled(one))).toBe(textOf(one));
      }),
      { numRuns: 500 },
    );
  });
});

/** -0 is told from 0, which JSON does not. */
function canonical(value: unknown): string {
  if (Object.is(value, -0)) return '-0';
  if (Array.isArray(value)) return `[${value.map(canonical).join()}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const fields = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return `{${fields.map(([key, each]) => `${JSON.stringify(key)}:${canonical(each)}`).join()}}`;
}

function shuffled(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(shuffled);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).reverse().map(([key, each]) => [key, shuffled(each)])); // prettier-ignore
}
