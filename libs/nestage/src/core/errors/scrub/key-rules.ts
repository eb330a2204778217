import { MARKS, type ScrubRule } from './scrub-rule.js';

/** Secrets known by their shape. @internal */
export const KEY_RULES: readonly ScrubRule[] = [
  {
    name: 'vendor keys',
    pattern:
      /(?<![A-Za-z0-9])(?:sk-[\w*-]{12,}|(?:sk|pk|rk|whsec)_[\w*]{16,}|[spr]k_(?:live|test)_\w{8,}|(?:AKIA|ASIA|AROA|AIDA)[A-Z0-9]{12,}|AKID\w{20,}|LTAI\w{12,}|gh[opsur]_\w{16,}|github_pat_\w{16,}|gl(?:pat|dt|rt|cbt|ptt)-[\w-]{16,}|xox[a-z]-[\w-]{8,}|xapp-[\w-]{8,}|AIza[\w-]{30,}|ya29\.[\w-]{10,}|GOCSPX-[\w-]{10,}|hf_\w{16,}|npm_\w{20,}|pypi-[\w-]{16,}|SG\.[\w-]{10,}\.[\w-]{10,}|(?:AC|SK)[\da-f]{32}|key-[\da-z]{24,}|do[opr]_v1_\w{16,}|shp(?:at|ca|pa|ss)_\w{16,}|gsk_\w{16,}|xai-[\w-]{16,}|r8_\w{16,}|pplx-\w{16,}|nvapi-[\w-]{16,}|dapi[\da-f]{16,}|lin_api_\w{16,}|ntn_\w{16,}|hv[sb]\.[\w-]{16,}|s\.[A-Za-z0-9]{24}|ATATT[\w=-]{16,}|sntrys_[\w=+/-]{16,}|PMAK-[\w-]{16,}|AGE-SECRET-KEY-\w{16,}|EAA\w{20,}|sq0[a-z]{3}-[\w-]{16,}|dckr_pat_[\w-]{16,}|rubygems_\w{16,}|dp\.st\.[\w.-]{16,}|\d{8,10}:[A-Za-z][\w-]{34})(?![A-Za-z0-9])/g,
    replacement: MARKS.secret,
  },
  { name: 'keys shown in part', pattern: /(?<![\w*-])[\w-]{2,40}\*{3,100}[\w-]{0,40}/g, replacement: MARKS.secret },
  {
    name: 'Slack and Discord hooks',
    pattern: /hooks\.slack\.com\/[\w/-]+|discord(?:app)?\.com\/api\/webhooks\/[\w/-]+/g,
    replacement: MARKS.url,
  },
  { name: 'JWTs', pattern: /(?<![A-Za-z0-9])eyJ[\w-]{6,}(?:\.[\w-]*){1,4}/g, replacement: MARKS.secret },
  { name: 'long hexadecimal strings', pattern: /(?<![A-Za-z0-9])[\da-fA-F]{32,}(?![A-Za-z0-9])/g, replacement: MARKS.secret },
  { name: 'long random strings', pattern: /(?<![\w+/-])[\w+/-]{40,}={0,2}/g, replacement: hideRandom },
];

const UUID = /[\da-f]{8}-[\da-f]{4}-[\da-f]{4}-[\da-f]{4}-[\da-f]{12}/gi;

/** Tells random characters from long names by how often the kind of character changes: half the time in the first, rarely in the second. */
function hideRandom(match: string): string {
  const text = match.replace(UUID, '');
  const letters = text.replace(/[^A-Za-z0-9]/g, '');
  if (letters.length < 32) return match;
  const changes = text.match(/[a-z](?=[A-Z\d])|[A-Z](?=[a-z\d])|\d(?=[A-Za-z])/g)?.length ?? 0;
  const hasBothCases = /[a-z]/.test(text) && /[A-Z]/.test(text);
  // Names in camel case change often too, but have few digits; of one case and digits, a third of the neighbours differ at most.
  const least = !hasBothCases ? 0.15 : /\d/.test(text) ? 0.3 : 0.45;
  return changes / letters.length >= least ? MARKS.secret : match;
}
