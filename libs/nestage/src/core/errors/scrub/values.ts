import { ANY_MARK, MARKS } from './scrub-rule.js';
import { CJK } from './text-parts.js';

/** A quote, also one within JSON within JSON. @internal */
export const QUOTE = String.raw`\\{0,3}["'\u0060]`;
/** Between a name and its value: `=`, `: `, `":"`, `' => '`, also with the quotes of JSON within JSON. @internal */
export const EQUALS = String.raw`(?:${QUOTE}\]?| (?:is|was|provided|given|used))?\s{0,3}(?:=>|%3[AD]|[:=：](?![:=]))\s{0,3}(?:(?!${ANY_MARK})\[\s{0,3})?`;
/** A value in quotes; the last one may be missing where a text was cut. @internal */
export const QUOTED = String.raw`(?:\\{1,3}"[^"]*"?|\\{1,3}'[^']*'?|"(?:[^"\\]|\\[^])*"?|'(?:[^'\\]|\\[^])*'?|\u0060[^\u0060]*\u0060?)`;
/** A value without quotes. @internal */
export const BARE = String.raw`[^\s"'\u0060,;&<>${CJK}]+`;

/** What the names of secrets end with. @internal */
export const SECRET_NAME = [
  String.raw`pass(?:word|wd|phrase|code)s?(?:[_-]?hash)?|pwd|\bpass(?=\s?=|['"])`,
  String.raw`(?:client|app|consumer|shared|webhook|signing|jwt|session|master)?[_-]?secret(?:s|[_-]?(?:access)?[_-]?key(?:[_-]?base)?|[_-]?id)?`,
  String.raw`(?:access|refresh|id|auth|bearer|csrf|xsrf|session|security|api|bot|deploy|personal)?[_-]?(?<!expected )token|密码|口令|密钥|令牌`,
  String.raw`(?:api|access|account|private|encryption|signing|master|auth|ssh|subscription|storage|shared|license|service|hmac|aes)[ _-]?key(?:[_-]?id)?`,
  String.raw`apikey|credentials?|\bauth|\bbearer|session[_-]?id|sessid|connect\.sid|\bsid|\bsig|signature|\bcsrf|\bjwt|\botp|\bdsn|connection[_-]?string`,
  String.raw`(?:database|redis|mongo(?:db)?|postgres(?:ql)?|mysql|amqp|broker)[_-]ur[il]`,
].join('|');

/** Words that begin a sentence about a field, in place of its value: `password: must not be empty`. */
const ABOUT_A_FIELD =
  /^(?:must|should|shall|is|are|was|may|might|can|cannot|can't|could|will|has|have|had|does|doesn't|did|needs?|not|no|none|null|undefined|required|optional|invalid|missing|unknown|incorrect|wrong|empty|expired|expected|unexpected|too|at|the|a|an|this|that|your|please|only|use|enter|provide|minimum|maximum|length|between|contains?|header|headers|either|both|one|choose|generate|rotate|create|obtain|replace|include|includes|remove|send|sent|set|add|put|pass|expects|expect|exceeds|got|see|check|make|allowed|supported|unsupported|rejected|denied|refused|malformed|present|absent|string|number|boolean|value|field|of|for|in|and|or|with|limit)(?=[\s.,;:!?)]|$)/i;

/** What a text that asks for a secret shows in its place. */
const PLACEHOLDER =
  /^(?:your[_-](?:[a-z]+[_-]){0,4}(?:key|token|secret|password|credentials?)(?:[_-]here)?|\{{1,2}[a-z_-]{1,40}\}{1,2})[.)]?$/i;

const RULE_OF_A_FIELD = /^\\{0,3}["'`](?:must|should|is|are|cannot|may not|required|invalid|missing) /i;

/** Hides what stands after the name, unless it is a sentence about the field or a sign (`Unexpected token: }`). @internal */
export function hideValue(match: string, name: string, equals: string, value: string): string {
  const quote = /^\\{0,3}["'`]/.exec(value)?.[0];
  const isSentence = quote === undefined ? /[:：]\s/.test(equals) && ABOUT_A_FIELD.test(value) : RULE_OF_A_FIELD.test(value);
  const isCount = /token$/i.test(name) && /^\d{1,7}[)\]}.]?$/.test(value);
  const isScheme = /^(?:bearer|basic|digest|token|apikey)$/i.test(value);
  if (isSentence || isCount || isScheme || isPlaceholder(value) || !/[A-Za-z0-9]/.test(value)) return match;
  if (quote !== undefined) return `${name}${equals}${quote}${MARKS.secret}${quote}`;
  return `${name}${equals}${MARKS.secret}${closersOf(value)}`;
}

/** Brackets at the end of a bare value that were opened before it, so that `[pid=1]` stays in balance. */
function closersOf(value: string): string {
  const bare = value.replace(new RegExp(ANY_MARK, 'g'), '');
  return /[([{]/.test(bare) ? '' : (/[)\]}]{1,3}[.]?$/.exec(bare)?.[0] ?? '');
}

/** Whether the value, with a scheme before it or not, is a word for a value. @internal */
export function isPlaceholder(value: string): boolean {
  return PLACEHOLDER.test(value.replace(/^(?:bearer|basic|token|apikey) /i, ''));
}
