import { CONTROLS } from './escape-controls.js';
import { mayHoldSecret } from './mask-secrets.js';

/** Controls, and what JSON writes in another way. Whole pairs of surrogates are fine, but rare enough to count as well. */
const ODD = new RegExp(String.raw`["\\\ud800-\udfff${CONTROLS}]`);

/**
 * Whether a text may stand in a log line as it is, within quotes or without, next to other plain texts: nothing in it is to be escaped
 * or masked.
 * @internal
 */
export function isPlainText(text: string): boolean {
  return !ODD.test(text) && !mayHoldSecret(text);
}
