import { MARKS, type ScrubRule } from './scrub-rule.js';
import { BARE, EQUALS, hideValue, isPlaceholder, QUOTED } from './values.js';

/** Credentials of a request. @internal */
export const HEADER_RULES: readonly ScrubRule[] = [
  {
    name: 'credential headers',
    pattern: new RegExp(
      String.raw`((?:proxy-)?authorization|x-[a-z-]{0,30}(?:key|token|auth|secret|signature)|(?:set-)?cookie)(${EQUALS})(${QUOTED}|(?:(?:Bearer|Basic|Digest|Token|ApiKey|Negotiate|NTLM|AWS4-[A-Z0-9-]+) )?[\w.-]{1,100}=(?:"[^"]{0,500}"|[^\s"',;]{0,2000})(?:[;,] ?[\w.-]{1,100}(?:=(?:"[^"]{0,500}"|[^\s"',;]{0,2000}))?){0,40}|(?:(?:Bearer|Basic|Digest|Token|ApiKey|Negotiate|NTLM) )?${BARE})`,
      'gi',
    ),
    replacement: hideValue,
  },
  { name: 'bearer and basic values', pattern: /\b(Bearer|Basic|Token|ApiKey|Negotiate) ([\w.~+/=*-]{6,})/gi, replacement: hideCredential },
];

/** Words may follow "bearer" and "basic" too; a value has digits, mixed case or length, and is no choice (`key/token`). @internal */
export function hideCredential(match: string, scheme: string, value: string): string {
  const isValue = /\d|[a-z][A-Z]|[=+/~*]/.test(value) || value.length >= 20;
  const isChoice = /^(?:[a-z]{3,15}\/)+[a-z]{3,15}$/.test(value) && value.length < 32;
  return isValue && !isChoice && !isPlaceholder(value) ? `${scheme} ${MARKS.secret}` : match;
}
