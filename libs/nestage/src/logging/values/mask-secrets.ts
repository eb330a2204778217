/** What stands in the log in place of a secret. @internal */
export const MASK = '***';

/** Cheap look whether a key may be one of a secret at all. */
const SUSPECT_KEY = /pass|pwd|secret|key|token|auth|cookie|credential|jwt|bearer/i;
const SECRET_KEY =
  /passw(?:or)?d|passphrase|secret|apikey|accesskey|privatekey|authorization|cookie|credential|(?:^pwd|token|jwt|^auth|^bearer)$/;

/**
 * Whether the value under a key is a secret by its name: passwords, tokens, API keys, cookies and the like, whatever the case, and
 * with or without `_`, `-` and spaces. `max_tokens` and its kind are none.
 * @internal
 */
export function isSecretKey(key: string): boolean {
  return key.length <= 100 && SUSPECT_KEY.test(key) && SECRET_KEY.test(key.toLowerCase().replace(/[^a-z0-9]/g, ''));
}

/** Cheap look, on a text in lower case, whether it may hold a secret at all: most lines go no further. */
const SUSPECT =
  /passw|pwd|passph|secret|key|authorization|cookie|token|bearer|basic |[srp]k[-_]|eyj|gh[pousr]_|_pat_|glpat|xox|akia|aiza|hf_|npm_|:\/\//;

const NAME_BEFORE =
  /((?:passw(?:or)?d|pwd|passphrase|secret(?:[-_ ]?key)?|(?:api|access|private)[-_ ]?key|(?<![A-Za-z])(?:[A-Za-z-]{1,20}[-_ ])?token|(?:access|refresh|auth|id|session)token)\\?["']?\s{0,4}[:=]\s{0,4}\\?["']?)(?!\*\*\*)[^\s"'\\,;&{}[\]()]+/gi;
const HEADER =
  /((?:proxy-)?authorization\\?["']?\s{0,4}[:=]\s{0,4}\\?["']?(?:(?:bearer|basic|digest|token)\s+)?)(?!(?:(?:bearer|basic|digest|token)\s+)?\*\*\*)[^\s"'\\,;}]+/gi;
const COOKIE = /((?:set-)?cookie\\?["']?\s{0,4}[:=]\s{0,4}\\?["']?)(?!\*\*\*)[^\s"'\\=]{1,200}=[^"'\\\r\n]*/gi;
const SCHEME = /\b(bearer)\s+(?!\*\*\*)[\w.~+/=-]{6,}|\b(basic)\s+(?=[A-Za-z+/]*[\d=])[A-Za-z0-9+/]{8,}={0,2}/gi;
const KEY_SHAPE =
  /\b(?:[srp]k[-_][\w-]{8,}|gh[pousr]_\w{16,}|github_pat_\w{16,}|glpat-[\w-]{16,}|xox[abeoprs]-[\w-]{8,}|AKIA[0-9A-Z]{12,}|AIza[\w-]{30,}|hf_[A-Za-z0-9]{16,}|npm_[A-Za-z0-9]{24,}|eyJ[\w-]{8,}(?:\.[\w-]*){0,2})/g;
const URL_LOGIN = /(:\/\/)[^\s/@"']{1,256}@/g;
const PRIVATE_KEY = /-----BEGIN [A-Z ]{0,32}PRIVATE KEY-----(?:[\s\S]*?-----END [A-Z ]{0,32}PRIVATE KEY-----|[\s\S]*$)/g;

/** Whether there may be anything to mask in a text, whatever stands before and after it. @internal */
export function mayHoldSecret(text: string): boolean {
  return SUSPECT.test(text.toLowerCase());
}

/**
 * Masks secrets that stand in a text: by their shape (`Bearer ...`, `sk-...`, JWTs, private keys, logins in URLs) and by the name
 * before them (`password=...`, `"api_key": "..."`).
 * @internal
 */
export function maskSecrets(text: string): string {
  if (!mayHoldSecret(text)) return text;
  return text
    .replace(PRIVATE_KEY, MASK)
    .replace(URL_LOGIN, `$1${MASK}@`)
    .replace(HEADER, `$1${MASK}`)
    .replace(COOKIE, `$1${MASK}`)
    .replace(SCHEME, (_match, bearer?: string, basic?: string) => `${bearer ?? basic} ${MASK}`)
    .replace(KEY_SHAPE, MASK)
    .replace(NAME_BEFORE, `$1${MASK}`);
}
