import fc from 'fast-check';
import { scrubText } from '../scrub-text.js';
import { SCRUB_RULES } from './scrub-rules.js';
import { HARMLESS } from './testing-harmless.js';
import { PLACE_CASES } from './testing-place-cases.js';
import { SECRET_CASES } from './testing-secret-cases.js';

const CASES = { ...SECRET_CASES, ...PLACE_CASES };

describe('SCRUB_RULES', () => {
  it('have a case for each', () => expect(Object.keys(CASES)).toEqual(SCRUB_RULES.map(({ name }) => name)));

  describe.each(Object.entries(CASES))('hide %s', (_name, cases) => {
    it.each(cases)('%j', (text, left) => expect(scrubText(text)).toBe(left));
  });

  it.each([
    'a',
    '/a',
    '\\',
    '"',
    ':',
    'a=',
    'A_B=x ',
    'password="\\',
    'Cookie: a=b;',
    'C:\\a b ',
    '/home/:',
    '-----BEGIN A-----',
    'a@',
    'at a (',
    '[pid=',
    '"AUTH" "',
    'args: [',
    "name: 'auth', args: [",
    'AUTH a ',
    '%5B:',
    '%2Fhome',
    'a%3A%2F%2F',
    '//./',
    'connect a ',
    'version 1.1.1.1 and ',
    'pids 1, 1 ',
    '<token> ',
  ])('take a time that grows with the length, not faster, for a run of %j', (piece) => {
    const text = `${piece.repeat(150_000 / piece.length)}\u0001`;
    const start = performance.now();
    for (const { pattern, replacement } of SCRUB_RULES) text.replace(pattern, replacement as string);
    // In linear time all rules together take about 150 ms; the least of the quadratic ones would take 7 s by itself.
    expect(performance.now() - start).toBeLessThan(6000);
  });

  const pieces = fc
    .array(
      fc.oneof(
        fc.string({ unit: 'binary', maxLength: 12 }),
        fc.constantFrom(...Object.values(CASES).flat(2)),
        fc.constantFrom(...HARMLESS),
      ),
      { maxLength: 12 },
    )
    .chain((parts) => fc.constantFrom('', ' ', '\n', ':', '=').map((glue) => parts.join(glue)));

  it('change nothing when they run again', () => {
    fc.assert(
      fc.property(pieces, (text) => expect(scrubText(scrubText(text))).toBe(scrubText(text))),
      { numRuns: 1000 },
    );
  });

  it('give one line of at most 4096 characters', () => {
    fc.assert(
      fc.property(pieces, fc.integer({ min: 1, max: 100 }), (text, times) => {
        const scrubbed = scrubText(text.repeat(times));
        expect(scrubbed.length).toBeLessThanOrEqual(4096);
        expect(scrubbed).not.toMatch(/\p{Cc}/u);
      }),
    );
  });
});
