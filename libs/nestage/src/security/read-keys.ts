import { array, object, OptionError } from '../common/option-checks.js';
import { type ApiKey, type ApiKeyEntry, MANAGEMENT_SCOPE } from './api-key.js';
import { compilePathPattern, isPathPattern } from './path-pattern.js';

/** What the fields of an entry must be. No value is ever shown: it may be a key that was put in the wrong place. */
const RULES: Readonly<Record<keyof ApiKeyEntry, { readonly describe: string; readonly accepts: (value: unknown) => boolean }>> = {
  name: {
    describe: '1 to 64 letters, digits and . _ @ -',
    accepts: (value) => typeof value === 'string' && /^[\w.@-]{1,64}$/.test(value),
  },
  hash: {
    describe: '"sha256:" and 64 hex digits, as hashApiKey(key) makes it',
    accepts: (value) => typeof value === 'string' && /^sha256:[0-9a-f]{64}$/i.test(value),
  },
  scopes: {
    describe: `a list of "${MANAGEMENT_SCOPE}" and path patterns such as "/v1/**", with at most one * in a segment`,
    accepts: (value) => Array.isArray(value) && value.every((scope) => scope === MANAGEMENT_SCOPE || isPathPattern(scope)),
  },
  expiresAt: {
    describe: 'a time such as "2027-01-31T00:00:00Z"',
    accepts: (value) => (typeof value === 'string' || value instanceof Date) && !Number.isNaN(timeOf(value)),
  },
};

const ALL_PATHS = ['/**'];

/**
 * Checks a list of keys and makes them ready for use. What it throws shows no value.
 * @param label what the list is called where it is set, such as `keys`
 * @param place where it is set, such as `SecurityModule.forRoot()`
 * @throws OptionError
 * @internal
 */
export function readKeys(given: unknown, label: string, place: string): ApiKey[] {
  if (!array.accepts(given)) throw new OptionError(`"${label}" must be a list of { name, hash, scopes, expiresAt } (set it in ${place}).`);
  const keys = (given as readonly unknown[]).map((entry, index) => readKey(entry, `${label}[${index}]`, place));
  const seen = new Map<string, number>();
  keys.forEach(({ digest }, index) => {
    const first = seen.get(digest.toString('hex'));
    if (first !== undefined) throw new OptionError(`"${label}[${index}]" has the key of "${label}[${first}]" (set it in ${place}).`);
    seen.set(digest.toString('hex'), index);
  });
  return keys;
}

function readKey(entry: unknown, label: string, place: string): ApiKey {
  if (!object.accepts(entry)) throw new OptionError(`"${label}" must be an object { name, hash } (set it in ${place}).`);
  const given = entry as Partial<ApiKeyEntry>;
  const unknownKey = Object.keys(given).findIndex((field) => !Object.hasOwn(RULES, field));
  if (unknownKey >= 0) {
    throw new OptionError(`"${label}" has a field that is not one of ${Object.keys(RULES).join(', ')} (set it in ${place}).`);
  }
  for (const [field, { describe, accepts }] of Object.entries(RULES)) {
    const value = given[field as keyof ApiKeyEntry];
    const isNeeded = field === 'name' || field === 'hash';
    if (isNeeded || value !== undefined) {
      if (!accepts(value)) throw new OptionError(`"${label}.${field}" must be ${describe}; its value is not shown (set it in ${place}).`);
    }
  }
  const { name, hash, scopes = ALL_PATHS, expiresAt } = given as ApiKeyEntry;
  return {
    name,
    digest: Buffer.from(hash.slice('sha256:'.length), 'hex'),
    scopes,
    isManagement: scopes.includes(MANAGEMENT_SCOPE),
    paths: scopes.filter((scope) => scope !== MANAGEMENT_SCOPE).map(compilePathPattern),
    expiresAt: expiresAt === undefined ? Infinity : timeOf(expiresAt),
  };
}

const timeOf = (time: string | Date): number => new Date(time).getTime();
