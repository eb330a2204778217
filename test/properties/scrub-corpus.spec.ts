import { scrubText } from '../../libs/nestage/src/core/errors/scrub-text.js';
import { harmless } from '../support/scrubber-corpus/harmless.js';
import { secrets } from '../support/scrubber-corpus/secrets.js';

const minHarmlessShare = 0.95;

/** Shapes that make careless patterns go back and forth over the same text. */
const adversarialShapes: readonly string[] = [
  '.',
  '/',
  ':',
  '=',
  '\\',
  '-',
  '@',
  '"',
  "'",
  'a.',
  'a/',
  '/a',
  '1.',
  '1:',
  'a:',
  ':a@',
  'a=',
  '="',
  'a=b&',
  ' at ',
  'at a (',
  '../',
  'C:\\',
  '\\\\a',
  '://',
  'http://',
  'http://a:',
  'http://a:b',
  'password=',
  '"password": "',
  'password=" ',
  'Bearer ',
  'sk-',
  'eyJ',
  'eyJa.',
  '-----BEGIN ',
  `-----BEGIN ${'PRIVATE'} KEY-----`,
  'File "',
  '::',
  '[::',
  '0x',
  'pid=',
  '1.1.1.1',
  'a b/',
  'a'.repeat(64) + '/',
  ' \t',
  '\n',
  '\n    at ',
  '密/',
];

describe('scrubText over the corpus', () => {
  it('has at least 200 secret texts and 500 harmless ones, all different', () => {
    expect(secrets.length).toBeGreaterThanOrEqual(200);
    expect(new Set(secrets.map((entry) => entry.text)).size).toBe(secrets.length);
    expect(harmless).toHaveLength(500);
    expect(new Set(harmless).size).toBe(500);
  });

  it('names only secrets that their texts hold', () => {
    const mistaken = secrets.flatMap(({ text, secrets: parts }, index) =>
      parts.length > 0 && parts.every((part) => part !== '' && text.includes(part)) ? [] : [`#${index} ${text}`],
    );

    expect(mistaken).toEqual([]);
  });

  it('lets no secret through', () => {
    const leaks = secrets.flatMap(({ tool, text, secrets: parts }, index) => {
      const scrubbed = scrubText(text);
      const left = parts.filter((part) => scrubbed.includes(part));

      return left.length > 0 ? [`#${index} [${tool}] ${JSON.stringify(left)} in ${JSON.stringify(scrubbed)}`] : [];
    });

    expectNone(leaks, `${leaks.length} of ${secrets.length} texts leak`);
  });

  it('leaves at least 95 % of the harmless texts as they are', () => {
    const changed = harmless.flatMap((text, index) => {
      const scrubbed = scrubText(text);

      return scrubbed === text ? [] : [`#${index} ${JSON.stringify(text)} -> ${JSON.stringify(scrubbed)}`];
    });
    const share = 1 - changed.length / harmless.length;

    expectNone(share >= minHarmlessShare ? [] : changed, `${changed.length} of ${harmless.length} texts change`);
  });

  it('changes nothing when it runs a second time', () => {
    const unstable = [...secrets.map((entry) => entry.text), ...harmless].flatMap((text) => {
      const once = scrubText(text);
      const twice = scrubText(once);

      return once === twice ? [] : [`${JSON.stringify(once)} -> ${JSON.stringify(twice)}`];
    });

    expectNone(unstable, `${unstable.length} texts change again`);
  });

  it.each(adversarialShapes)('comes to an end with 100 kB of %j', (shape) => {
    const text = shape.repeat(Math.ceil(100_000 / shape.length));

    expect(typeof scrubText(text)).toBe('string');
  });

  it('comes to an end with 100 kB of mixed shapes', () => {
    const line = adversarialShapes.join('');

    expect(typeof scrubText(line.repeat(Math.ceil(100_000 / line.length)))).toBe('string');
  });
});

/** Fails with every finding in the message, which a matcher's diff would cut. */
function expectNone(findings: readonly string[], summary: string): void {
  if (findings.length > 0) throw new Error(`${summary}:\n${findings.join('\n')}`);
}
