import fc from 'fast-check';
import { describeThrown, type ThrownDescription } from './describe-thrown.js';

const all = (description: ThrownDescription): ThrownDescription[] => [description, ...description.causes.flatMap(all)];
const depthOf = ({ causes }: ThrownDescription): number => 1 + Math.max(0, ...causes.map(depthOf));

describe('describeThrown', () => {
  it('tells an error by its name, message and stack', () => {
    const error = new TypeError('boom');
    expect(describeThrown(error)).toEqual({ type: 'TypeError', message: 'boom', stack: error.stack, causes: [] });
  });

  it.each([
    [undefined, 'undefined', 'undefined'],
    [null, 'null', 'null'],
    ['boom', 'string', 'boom'],
    ['', 'string', ''],
    [42, 'number', '42'],
    [7n, 'bigint', '7n'],
    [Symbol('x'), 'symbol', 'Symbol(x)'],
    [{ code: 1 }, 'Object', '{ code: 1 }'],
    [{ message: 'plain' }, 'Object', 'plain'],
    [[1, 2], 'Array', '[ 1, 2 ]'],
    [Object.create(null), 'object', '[Object: null prototype] {}'],
    [class Foo {}, 'Function', '[class Foo]'],
  ])('tells %p as a %s', (thrown, type, message) => expect(describeThrown(thrown)).toEqual({ type, message, stack: '', causes: [] }));

  it('tells the chain of causes, nearest first', () => {
    const error = new Error('a', { cause: new RangeError('b', { cause: 'c' }) });
    expect(all(describeThrown(error)).map(({ type, message }) => `${type}: ${message}`)).toEqual([
      'Error: a',
      'RangeError: b',
      'string: c',
    ]);
  });

  it('tells the errors of an AggregateError after its cause', () => {
    const error = new AggregateError([new Error('b'), 'c'], 'a', { cause: new Error('first') });
    expect(describeThrown(error).causes.map(({ message }) => message)).toEqual(['first', 'b', 'c']);
  });

  it('ends at a cycle', () => {
    const first = new Error('a');
    const second = new Error('b', { cause: first });
    first.cause = second;
    expect(all(describeThrown(first)).map(({ message }) => message)).toEqual(['a', 'b']);
  });

  it('ends in a chain without end', () => {
    const endless = (): object => ({
      message: 'again',
      get cause() {
        return endless();
      },
      get errors() {
        return [endless(), endless()];
      },
    });
    const description = describeThrown(endless());
    expect(depthOf(description)).toBe(8);
    expect(all(description).length).toBeLessThanOrEqual(32);
  });

  it('looks at few of many errors', () => {
    const errors = new Proxy([], { get: (_target, key) => (key === 'length' ? Infinity : new Error(String(key))) });
    expect(describeThrown({ errors }).causes).toHaveLength(31);
  });

  it('shortens long texts', () => {
    const error = Object.assign(new Error('m'.repeat(10_000)), { stack: 's'.repeat(100_000), name: 'n'.repeat(1000) });
    const { type, message, stack } = describeThrown(error);
    expect([type.length, message.length, stack.length]).toEqual([100, 4096, 16_384]);
    expect([type, message, stack].every((text) => text.endsWith('…'))).toBe(true);
  });

  it('takes a message and a stack that are not strings', () => {
    const error = Object.assign(new Error(), { message: { code: 7 }, stack: 12, name: null });
    expect(describeThrown(error)).toEqual({ type: 'Error', message: '{ code: 7 }', stack: '', causes: [] });
  });

  it('takes objects whose getters throw and proxies whose traps throw', () => {
    const getters = Object.defineProperties(
      {},
      Object.fromEntries(['name', 'message', 'stack', 'cause', 'errors', 'constructor'].map((key) => [key, { get: refuse }])),
    );
    const traps = new Proxy({}, new Proxy({}, { get: () => refuse }));
    const revoked = Proxy.revocable({}, {});
    revoked.revoke();
    for (const thrown of [getters, traps, revoked.proxy])
      expect(describeThrown(thrown)).toMatchObject({ type: 'object', stack: '', causes: [] });
  });
});

/** Makes a value when asked, since the test library itself looks into the values it passes on. */
type Make = () => unknown;

const refuse = (): never => {
  throw new Error('no');
};
const FIELDS = ['name', 'message', 'stack', 'cause', 'errors', 'constructor'];
const TRAPS = ['get', 'has', 'ownKeys', 'getPrototypeOf', 'getOwnPropertyDescriptor'] as const;

const { thrown } = fc.letrec<{ thrown: Make; hostile: Make; aggregate: Make; proxied: Make }>((tie) => ({
  thrown: fc.oneof(
    { maxDepth: 6 },
    fc.anything({ withBigInt: true, withNullPrototype: true, withSparseArray: true, withTypedArray: true }).map((value) => () => value),
    tie('hostile'),
    tie('aggregate'),
    tie('proxied'),
  ),
  /** Each field gives anything, or throws when it is read. */
  hostile: fc
    .tuple(fc.array(fc.tuple(fc.constantFrom(...FIELDS), tie('thrown')), { maxLength: 6 }), fc.subarray(FIELDS), fc.boolean())
    .map(([fields, throwing, isError]) => () => {
      const object: object = isError ? new Error('m') : {};
      // The engine formats a stack on first sight, from fields that will throw.
      void (object as Error).stack;
      for (const [key, make] of fields) Object.defineProperty(object, key, { value: make(), configurable: true });
      for (const key of throwing) Object.defineProperty(object, key, { get: refuse, configurable: true });
      return object;
    }),
  /** Holds itself. */
  aggregate: fc.array(tie('thrown'), { maxLength: 40 }).map((makers) => () => {
    const error: AggregateError = new AggregateError([], 'm');
    return Object.assign(error, { cause: error, errors: [error, ...makers.map((make) => make())] });
  }),
  proxied: fc.tuple(tie('thrown'), fc.subarray([...TRAPS])).map(([make, traps]) => () => {
    const target = make();
    return new Proxy(typeof target === 'object' && target !== null ? target : {}, Object.fromEntries(traps.map((trap) => [trap, refuse])));
  }),
}));

describe('describeThrown, whatever is thrown', () => {
  it('never throws and gives bounded strings', () => {
    fc.assert(
      fc.property(thrown, (make) => {
        const told = all(describeThrown(make()));
        expect(told.length).toBeLessThanOrEqual(32);
        for (const { type, message, stack } of told) {
          expect([typeof type, typeof message, typeof stack]).toEqual(['string', 'string', 'string']);
          expect(type.length).toBeLessThanOrEqual(100);
          expect(message.length).toBeLessThanOrEqual(4096);
          expect(stack.length).toBeLessThanOrEqual(16_384);
        }
      }),
      { numRuns: 500 },
    );
  });
});
