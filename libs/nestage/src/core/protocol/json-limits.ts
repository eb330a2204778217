import { checkOptions, integer, type OptionCheck } from '../../common/option-checks.js';
import { ValidationError } from '../errors/service-errors.js';

/** How complex a JSON text may be. @publicApi */
export interface JsonLimits {
  /** Objects and arrays within each other. @default 100 */
  readonly maxDepth?: number;
  /** Keys of all objects together. @default 100 000 */
  readonly maxKeys?: number;
}

const CHECKS: Readonly<Record<keyof JsonLimits, OptionCheck>> = { maxDepth: integer(1), maxKeys: integer(1) };

/** @throws OptionError @internal */
export function resolveJsonLimits(given: JsonLimits): Required<JsonLimits> {
  checkOptions(given, CHECKS, 'jsonBodyWithin()');
  return { maxDepth: given.maxDepth ?? 100, maxKeys: given.maxKeys ?? 100_000 };
}

const [QUOTE, BACKSLASH, COLON] = [0x22, 0x5c, 0x3a];
const [OPEN_ARRAY, CLOSE_ARRAY, OPEN_OBJECT, CLOSE_OBJECT] = [0x5b, 0x5d, 0x7b, 0x7d];

/**
 * Refuses a text before it is parsed: what walks through a deep value, such as its validation, may run out of stack. A text too short to
 * exceed a limit is not looked at, and strings are passed over at once.
 * @throws ValidationError `invalid_json`
 * @internal
 */
export function assertWithinLimits(text: string, { maxDepth, maxKeys }: Required<JsonLimits>): void {
  if (text.length <= maxDepth && text.length <= maxKeys) return;
  let [depth, keys] = [0, 0];
  for (let index = 0; index < text.length; index++) {
    const char = text.charCodeAt(index);
    if (char === QUOTE) {
      index = endOfString(text, index);
    } else if (char === OPEN_ARRAY || char === OPEN_OBJECT) {
      if (++depth > maxDepth) throw tooComplex(`is nested deeper than ${maxDepth} levels`);
    } else if (char === CLOSE_ARRAY || char === CLOSE_OBJECT) depth--;
    else if (char === COLON && ++keys > maxKeys) throw tooComplex(`has more than ${maxKeys} keys`);
  }
}

/** Index of the closing quote; the end of the text where there is none, which the parser refuses. */
function endOfString(text: string, start: number): number {
  for (let end = text.indexOf('"', start + 1); end >= 0; end = text.indexOf('"', end + 1)) {
    let escapes = 0;
    while (text.charCodeAt(end - 1 - escapes) === BACKSLASH) escapes++;
    if (escapes % 2 === 0) return end;
  }
  return text.length;
}

const tooComplex = (what: string): ValidationError => new ValidationError(`The body ${what}`, { code: 'invalid_json' });
