import { Readable } from 'node:stream';
import fc from 'fast-check';
import { describeValue } from './describe-value.js';
import { isSecretKey, maskSecrets } from './mask-secrets.js';

const LENGTH = 2000;
const base64Of = (bytes: number): string => Buffer.from(Array.from({ length: bytes }, (_, index) => (index * 31) % 256)).toString('base64');

/** Whether none of its keys and texts is secret by chance. */
function isHarmless(value: unknown): boolean {
  let isSecret = false;
  JSON.stringify(value, (key, each: unknown) => {
    isSecret ||= isSecretKey(key) || (typeof each === 'string' && maskSecrets(each) !== each);
    return each;
  });
  return !isSecret;
}

describe(describeValue.name, () => {
  it('writes plain data as JSON', () => {
    const value = { message: 'hello "you"\n', list: [1, 2.5, true, null], nested: { empty: {}, none: [] } };
    expect(describeValue(value, LENGTH)).toBe(JSON.stringify(value));
  });

  it('writes any JSON value as JSON, as long as nothing in it is long, bulky or secret', () => {
    const texts = fc.string({ maxLength: 20 }).filter((text) => !/data|:\/\//i.test(text));
    const depth = { maxDepth: 5, noUnicodeString: false };
    fc.assert(
      fc.property(
        fc.jsonValue(depth).filter(isHarmless),
        fc.dictionary(texts, fc.oneof(texts, fc.integer())).filter(isHarmless),
        (value, record) => {
          for (const each of [value, record]) expect(describeValue(each, 1_000_000)).toBe(JSON.stringify(each));
        },
      ),
    );
  });

  it.each<[string, unknown, string]>([
    ['undefined', undefined, 'undefined'],
    ['a bigint', 10n ** 20n, '100000000000000000000'],
    ['NaN', Number.NaN, 'NaN'],
    ['a symbol', Symbol('odd'), '<Symbol(odd)>'],
    ['a function', function named() {}, '<function named>'],
    ['a date', new Date(0), '"1970-01-01T00:00:00.000Z"'],
    ['an invalid date', new Date(Number.NaN), '<invalid date>'],
    [
      'a map',
      new Map<unknown, unknown>([
        ['a', 1],
        [{}, 2],
        ['password', 'x'],
      ]),
      'Map {"a":1,"<object>":2,"password":"***"}',
    ],
    ['a set', new Set([1, 'two']), 'Set [1,"two"]'],
    ['a buffer', Buffer.alloc(123), '<Buffer 123 bytes>'],
    ['a typed array', new Float32Array(4), '<Float32Array 16 bytes>'],
    ['an array buffer', new ArrayBuffer(8), '<ArrayBuffer 8 bytes>'],
    ['a blob', new Blob(['abc'], { type: 'image/png' }), '<image/png, 3 bytes>'],
    ['a stream', Readable.from([]), '<stream>'],
    ['a generator', (async function* () {})(), '<stream>'],
    ['a promise', Promise.resolve(1), '<Promise>'],
    ['an error', new TypeError('no password=hunter2'), '<TypeError: no password=***>'],
    ['a regular expression', /a+/, '<//a+//>'.replaceAll('//', '/')],
    ['a URL', new URL('https://me:pw@example.com/a'), '"https://***@example.com/a"'],
    ['an instance without fields', new (class Session {})(), '<Session>'],
    ['an object without a prototype', Object.assign(Object.create(null) as object, { a: 1 }), '{"a":1}'],
    [
      'a proxy',
      new Proxy(
        {},
        {
          ownKeys: () => {
            throw new Error('trap');
          },
        },
      ),
      '<Proxy>',
    ],
  ])('shows %s', (_what, value, text) => {
    expect(describeValue(value, LENGTH)).toBe(text);
    expect(describeValue([value], LENGTH)).toBe(`[${text}]`);
  });

  it('shows instances by their fields', () => {
    class ChatRequest {
      model = 'm';
      messages = [{ role: 'user' }];
    }
    expect(describeValue(new ChatRequest(), LENGTH)).toBe('{"model":"m","messages":[{"role":"user"}]}');
  });

  it('shows circular references and deep nesting as such', () => {
    const self: Record<string, unknown> = { shared: [1] };
    self['again'] = self;
    expect(describeValue([self, self], LENGTH)).toBe('[{"shared":[1],"again":<circular>},{"shared":[1],"again":<circular>}]');
    let deep: unknown = 'bottom';
    for (let level = 0; level < 10_000; level++) deep = [deep];
    expect(describeValue(deep, LENGTH)).toBe(`${'['.repeat(12)}<deeper>${']'.repeat(12)}`);
  });

  it('goes on after a getter that throws', () => {
    const value = {
      get broken(): never {
        throw new Error('no');
      },
      whole: 1,
    };
    expect(describeValue(value, LENGTH)).toBe('{"broken":<unreadable>,"whole":1}');
  });

  it.each(['get', 'getPrototypeOf', 'ownKeys'] as const)(
    'never throws for an object with a proxy of failing %s as its prototype',
    (trap) => {
      const hostile = new Proxy(
        {},
        {
          [trap]: () => {
            throw new Error('trap');
          },
        },
      );
      expect(typeof describeValue({ inner: Object.create(hostile) as unknown }, LENGTH)).toBe('string');
    },
  );

  it('masks secrets by key and by shape', () => {
    const value = {
      Authorization: 'Bearer x',
      'X-Api-Key': 7,
      nested: { refreshToken: { a: 1 } },
      note: 'use sk-0123456789abcdef',
      max_tokens: 5,
    };
    expect(describeValue(value, LENGTH)).toBe(
      '{"Authorization":"***","X-Api-Key":"***","nested":{"refreshToken":"***"},"note":"use ***","max_tokens":5}',
    );
  });

  it('shows no part of a secret that the cut goes through', () => {
    const secret = 'sk-0123456789abcdefghijklmnopqrstuvwxyz';
    for (let offset = 0; offset < 60; offset++) expect(describeValue(`${'x '.repeat(offset)}${secret}`, 50)).not.toMatch(/0123/);
  });

  it('shows data URLs as kind and size', () => {
    expect(describeValue(`data:image/png;base64,${base64Of(12_345)}`, LENGTH)).toBe('<data:image/png, 12345 bytes>');
    expect(describeValue({ url: 'data:,hello' }, LENGTH)).toBe('{"url":<data:text/plain, 5 bytes>}');
    expect(describeValue(`see ![](data:image/png;base64,${base64Of(600)}) there`, LENGTH)).toBe(
      '"see ![](<data:image/png, 600 bytes>) there"',
    );
    expect(describeValue(`see ![](data:image/png;base64,${base64Of(60_000)}) there`, LENGTH)).toMatch(
      /^"see !\[\]\(<data:image\/png>"\.\.\.\(\d+ characters\)$/,
    );
  });

  it('shows base64 as size, and text of letters only as text', () => {
    expect(describeValue(base64Of(1000), LENGTH)).toBe('<base64, 1000 bytes>');
    expect(describeValue('x'.repeat(1000), LENGTH)).toBe(`"${'x'.repeat(1000)}"`);
  });

  it('cuts with a mark that says how much there was', () => {
    expect(describeValue('x'.repeat(5000), 10)).toBe(`"${'x'.repeat(10)}"...(5000 characters)`);
    expect(
      describeValue(
        Array.from({ length: 100 }, () => 1),
        10,
      ),
    ).toBe('[1,1,1,1...(96 more items)]');
    expect(describeValue({ a: 'x'.repeat(100), b: 1, c: 2 }, 20)).toBe('{"a":"xxxxxxxxxxxxx"...(100 characters)...(2 more fields)}');
    expect(describeValue('😀'.repeat(10), 5)).toBe('"😀😀"...(20 characters)');
  });

  it('is hardly longer than asked for, and one line, whatever the value', () => {
    fc.assert(
      fc.property(
        fc.anything({
          withBigInt: true,
          withDate: true,
          withMap: true,
          withSet: true,
          withTypedArray: true,
          withNullPrototype: true,
          withObjectString: true,
          withSparseArray: true,
        }),
        fc.integer({ min: 1, max: 300 }),
        (value, length) => {
          const text = describeValue(value, length);
          expect(text.length).toBeLessThan(length + 1200);
          expect(text).not.toMatch(/[\n\r]/);
        },
      ),
    );
  });

  it('looks at no more of a huge value than it shows', () => {
    let reads = 0;
    const item = {
      get text(): string {
        reads++;
        return 'x'.repeat(100);
      },
    };
    const huge = { list: new Array<unknown>(1_000_000).fill(item), text: Buffer.alloc(100_000_000, 'y').toString('latin1') };
    expect(describeValue(huge, LENGTH)).toMatch(/more items\)\]/);
    expect(reads).toBeLessThan(50);
    const startedAt = performance.now();
    for (let times = 0; times < 200; times++) describeValue(huge.text, LENGTH);
    expect(performance.now() - startedAt).toBeLessThan(20_000); // it would take more than a minute to read all of it each time
  });
});
