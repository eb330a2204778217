import fc from 'fast-check';
import { describe as describeOften, describeValue } from './describe-value.js';
import { escapeControls } from './escape-controls.js';
import { KnownWords } from './known-words.js';
import { maskSecrets } from './mask-secrets.js';
import { isPlainText } from './plain-text.js';

const pieces = fc.constantFrom(
  ...[
    'password',
    'token',
    'Bearer ',
    'basic ',
    'authorization',
    'cookie',
    'a=b',
    ':',
    '=',
    '"',
    '\\',
    ',',
    '{',
    '}',
    ' ',
    '***',
    '://',
    'u:p@h',
  ],
  ...['sk-abcdef123456', 'eyJabcdefgh.i', 'AKIAABCDEFGHIJKLMNO', 'hf_abcdefghijklmnop12', 'data:image/png;base64,', 'ab1C'.repeat(80)],
  ...['\n', '\u2028', '\u202e', '\u212a', 'é', '😀', '\ud800', 'hello', 'KEY', 'x'.repeat(120)],
);
const text = fc.oneof(
  fc.array(pieces, { maxLength: 6 }).map((parts) => parts.join('')),
  fc.string({ unit: 'binary' }),
);
const leaf = fc.oneof(
  text,
  text,
  fc.integer(),
  fc.boolean(),
  fc.constantFrom(null, undefined, 10n, Symbol('token=a'), /token=a/, new Date(0)),
);
const { value } = fc.letrec<{ value: unknown }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 3 },
    leaf,
    fc.array(tie('value'), { maxLength: 4 }),
    fc.dictionary(text, tie('value'), { maxKeys: 4 }),
    fc.dictionary(text, tie('value'), { maxKeys: 4 }).map((fields) => new Map(Object.entries(fields))),
  ),
}));
const inLine = (message: string): string => escapeControls(maskSecrets(message));

describe('plain texts', () => {
  it('are those that a line shows as they are', () => {
    fc.assert(
      fc.property(text, (each) => {
        if (!isPlainText(each)) return;
        expect(inLine(each)).toBe(each);
        expect(JSON.stringify(each)).toBe(`"${each}"`);
      }),
      { numRuns: 1000 },
    );
    expect(['hello, world: 12.5 %', 'été', '/v1/chat'].filter(isPlainText)).toHaveLength(3);
  });

  it('make a description that needs no further look, and which is the same with words that are known', () => {
    const words = new KnownWords();
    let plain = 0;
    fc.assert(
      fc.property(value, fc.integer({ min: 1, max: 300 }), (each, maxLength) => {
        const described = describeOften(each, maxLength, words);
        expect(described.text).toBe(describeValue(each, maxLength));
        if (!described.isPlain) return;
        plain++;
        expect(inLine(`Parse Params: ${described.text}`)).toBe(`Parse Params: ${described.text}`);
      }),
      { numRuns: 2000 },
    );
    expect(plain).toBeGreaterThan(0);
    expect(describeOften({ message: 'hello', list: [1, true, null] }, 100, words).isPlain).toBe(true);
    expect(describeOften({ password: 'hello' }, 100, words).isPlain).toBe(false);
  });

  it('are judged by words of which a bounded number is kept', () => {
    const words = new KnownWords();
    const first = words.of('message');
    expect(words.of('message')).toBe(first);
    for (let number = 0; number < 1000; number++) words.of(`field ${number}`);
    expect(words.of('message')).not.toBe(first);
    expect(words.of('message')).toEqual(first);
    const long = 'x'.repeat(1000);
    expect(words.of(long)).not.toBe(words.of(long));
  });
});
