import { docPageOf } from './doc-page.js';

/** What an option value may be; `describe` completes the sentence "must be ...". @internal */
export interface OptionCheck {
  readonly describe: string;
  readonly accepts: (value: unknown) => boolean;
  /** Rules for the fields of a value that is an object. */
  readonly fields?: Readonly<Record<string, OptionCheck>>;
}

/** An integer of at least `min`, and at most `max` if given. @internal */
export const integer = (min: number, max = Number.MAX_SAFE_INTEGER): OptionCheck => ({
  describe: max === Number.MAX_SAFE_INTEGER ? `an integer >= ${min}` : `an integer from ${min} to ${max}`,
  accepts: (value) => Number.isSafeInteger(value) && (value as number) >= min && (value as number) <= max,
});

/** A number within bounds, both included. @internal */
export const number = (min: number, max: number): OptionCheck => ({
  describe: `a number from ${min} to ${max}`,
  accepts: (value) => typeof value === 'number' && value >= min && value <= max,
});

/** One of the given constants, or the one. @internal */
export const oneOf = (...allowed: readonly unknown[]): OptionCheck => ({
  describe: `${allowed.length > 1 ? 'one of ' : ''}${allowed.map((value) => JSON.stringify(value)).join(', ')}`,
  accepts: (value) => allowed.includes(value),
});

/** A value of a JavaScript type. @internal */
export const typed = (type: 'string' | 'boolean' | 'function'): OptionCheck => ({
  describe: type === 'string' ? 'a string that is not empty' : `a ${type}`,
  accepts: (value) => typeof value === type && value !== '',
});

/** Any object that is not an array. @internal */
export const object: OptionCheck = {
  describe: 'an object',
  accepts: (value) => typeof value === 'object' && value !== null && !Array.isArray(value),
};

/** An object whose fields have rules of their own; a fault names the field: `"retry.attempts" must be ...`. @internal */
export const fields = (checks: Readonly<Record<string, OptionCheck>>): OptionCheck => ({ ...object, fields: checks });

/** An array. @internal */
export const array: OptionCheck = { describe: 'an array', accepts: Array.isArray };

/** Either of several checks. @internal */
export const either = (...checks: readonly OptionCheck[]): OptionCheck => ({
  describe: checks.map((check) => check.describe).join(' or '),
  accepts: (value) => checks.some((check) => check.accepts(value)),
  fields: checks.find((check) => check.fields)?.fields,
});

/** @publicApi */
export interface OptionErrorOptions extends ErrorOptions {
  /** Where to read more, such as a file of the app. @default the page of nestage's documentation on the option that the message names */
  readonly page?: string;
}

/** Thrown for an option that is unknown or out of range. At the start its message is told as it is, without a stack. @publicApi */
export class OptionError extends Error {
  override readonly name = 'OptionError';
  /** The page of the documentation that tells more. */
  readonly page: string;

  constructor(message: string, { page = docPageOf(message), ...options }: OptionErrorOptions = {}) {
    super(message, options);
    this.page = page;
  }
}

/**
 * Checks every given option against its rule and says what is wrong with the first bad one.
 * `undefined` counts as absent.
 *
 * @param place where a reader sets the option, such as `@StageHandler('/v1/embeddings')`
 * @throws OptionError `"batch.maxSize" must be an integer >= 1, got 0 (set it in @StageHandler('/v1/embeddings')).`
 * @internal
 */
export function checkOptions(given: object, checks: Readonly<Record<string, OptionCheck>>, place: string, prefix = ''): void {
  for (const [key, value] of Object.entries(given) as [string, unknown][]) {
    if (value === undefined) continue;
    const check = Object.hasOwn(checks, key) ? checks[key] : undefined;
    if (!check) {
      const known = Object.keys(checks).map((name) => `"${prefix}${name}"`);
      throw new OptionError(`"${prefix}${key}" is not an option (known: ${known.join(', ')}; given in ${place}).`);
    }
    if (!check.accepts(value)) {
      throw new OptionError(`"${prefix}${key}" must be ${check.describe}, got ${show(value)} (set it in ${place}).`);
    }
    if (check.fields && object.accepts(value)) checkOptions(value as object, check.fields, place, `${prefix}${key}.`);
  }
}

function show(value: unknown): string {
  if (typeof value === 'function') return 'a function';
  if (typeof value === 'number' || typeof value === 'bigint') return String(value);
  try {
    const text = JSON.stringify(value) ?? String(value);
    return text.length > MAX_SHOWN_LENGTH ? `${text.slice(0, MAX_SHOWN_LENGTH)}...` : text;
  } catch {
    return 'an object that can not be shown'; // it holds itself, or a getter of it throws
  }
}

const MAX_SHOWN_LENGTH = 200;
