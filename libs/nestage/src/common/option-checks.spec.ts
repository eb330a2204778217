import fc from 'fast-check';
import {
  array,
  checkOptions,
  either,
  fields,
  integer,
  number,
  object,
  oneOf,
  type OptionCheck,
  OptionError,
  typed,
} from './option-checks.js';

const PLACE = "@StageHandler('/x')";

/** What is said of a value of the option "size". */
function complaint(check: OptionCheck, value: unknown): string | undefined {
  try {
    checkOptions({ size: value }, { size: check }, PLACE);
    return undefined;
  } catch (error) {
    expect(error).toBeInstanceOf(OptionError);
    return (error as Error).message;
  }
}

describe('checkOptions', () => {
  it('says name, range, value and place of a bad option', () => {
    expect(complaint(integer(1), 0)).toBe(`"size" must be an integer >= 1, got 0 (set it in ${PLACE}).`);
    expect(complaint(integer(1, 5), 5.5)).toBe(`"size" must be an integer from 1 to 5, got 5.5 (set it in ${PLACE}).`);
    expect(complaint(number(0, 1), Number.NaN)).toBe(`"size" must be a number from 0 to 1, got NaN (set it in ${PLACE}).`);
    expect(complaint(oneOf('a', 2), 'b')).toBe(`"size" must be one of "a", 2, got "b" (set it in ${PLACE}).`);
    expect(complaint(either(typed('string'), oneOf(false)), true)).toBe(
      `"size" must be a string that is not empty or false, got true (set it in ${PLACE}).`,
    );
    expect(complaint(typed('function'), null)).toBe(`"size" must be a function, got null (set it in ${PLACE}).`);
    expect(complaint(array, 1n)).toBe(`"size" must be an array, got 1 (set it in ${PLACE}).`);
    expect(complaint(object, () => 1)).toBe(`"size" must be an object, got a function (set it in ${PLACE}).`);
  });

  it('names an option that does not exist, and those that do', () => {
    const checks = { size: integer(1), name: typed('string') };
    expect(() => checkOptions({ sice: 1 }, checks, PLACE, 'batch.')).toThrow(
      `"batch.sice" is not an option (known: "batch.size", "batch.name"; given in ${PLACE}).`,
    );
    for (const name of ['toString', 'constructor', '__proto__', 'hasOwnProperty']) {
      const given = Object.defineProperty({}, name, { value: 1, enumerable: true });
      expect(() => checkOptions(given, checks, PLACE)).toThrow(`"${name}" is not an option`);
    }
  });

  it('names the field within an option', () => {
    const retry = either(typed('boolean'), fields({ attempts: integer(1), pause: fields({ ms: integer(0) }) }));
    expect(complaint(retry, true)).toBeUndefined();
    expect(complaint(retry, { attempts: 2, pause: { ms: 0 } })).toBeUndefined();
    expect(complaint(retry, { attempts: 0 })).toBe(`"size.attempts" must be an integer >= 1, got 0 (set it in ${PLACE}).`);
    expect(complaint(retry, { pause: { ms: -1 } })).toBe(`"size.pause.ms" must be an integer >= 0, got -1 (set it in ${PLACE}).`);
    expect(complaint(retry, { tries: 1 })).toBe(`"size.tries" is not an option (known: "size.attempts", "size.pause"; given in ${PLACE}).`);
  });

  it('takes undefined for absent, known or not', () => {
    expect(() => checkOptions({ size: undefined, other: undefined }, { size: integer(1) }, PLACE)).not.toThrow();
  });

  it.each<[string, OptionCheck, readonly unknown[], readonly unknown[]]>([
    ['integer', integer(0, 10), [0, 10], [-1, 11, '1', 1.5, Infinity, null, true]],
    ['integer without upper bound', integer(1), [1, Number.MAX_SAFE_INTEGER], [0, Number.MAX_SAFE_INTEGER + 1]],
    ['number', number(0, 1), [0, 0.5, 1], [-0.1, 1.1, '1', Number.NaN]],
    ['string', typed('string'), ['x', ' '], ['', 1, null, ['x']]],
    ['boolean', typed('boolean'), [true, false], [0, 'true', null]],
    ['object', object, [{}, new Map()], [null, [], 'x', () => 1]],
    ['array', array, [[], [1]], [{}, 'x', null]],
  ])('knows what is %s', (_, check, good, bad) => {
    for (const value of good) expect(complaint(check, value)).toBeUndefined();
    for (const value of bad) expect(complaint(check, value)).toBeDefined();
  });

  it('never fails otherwise than by its own error, whatever it is given', () => {
    const circular: Record<string, unknown> = {};
    circular['self'] = circular;
    const hostile = Object.defineProperty({}, 'x', { enumerable: true, get: () => { throw new Error('a getter'); } }); // prettier-ignore
    const value = fc.oneof(fc.anything({ withBigInt: true, withSymbol: true } as object), fc.constantFrom(circular, hostile, [hostile]));
    const check = fc.constantFrom(
      integer(1),
      number(0, 1),
      oneOf('a', false),
      typed('string'),
      object,
      array,
      either(typed('boolean'), integer(3)),
    );
    fc.assert(
      fc.property(check, value, (rule, given) => {
        const message = complaint(rule, given);
        expect(message === undefined || message.length < 400).toBe(true);
      }),
    );
  });
});
