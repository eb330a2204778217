import { OptionError } from '../common/option-checks.js';
import { hashApiKey } from './api-key.js';
import { readEnvironmentKeys } from './environment-keys.js';
import { readKeys } from './read-keys.js';

const SECRET = 'sk-live-5f2d1c7e9a';
const hash = hashApiKey(SECRET);
const read = (keys: unknown) => readKeys(keys, 'keys', 'SecurityModule.forRoot()');

describe('a list of keys', () => {
  it('has defaults: all paths, not those of operators, for ever', () => {
    const [key] = read([{ name: 'ci', hash }]);
    expect(key).toMatchObject({ name: 'ci', isManagement: false, expiresAt: Infinity, scopes: ['/**'] });
    expect(key.paths.some((matches) => matches('/v1/chat'))).toBe(true);
  });

  it('may open the routes of operators alone', () => {
    const [key] = read([{ name: 'prometheus', hash, scopes: ['management'], expiresAt: new Date(5) }]);
    expect(key).toMatchObject({ isManagement: true, paths: [], expiresAt: 5 });
  });

  it.each([
    [{}, '"keys" must be a list of { name, hash, scopes, expiresAt } (set it in SecurityModule.forRoot()).'],
    [[SECRET], '"keys[0]" must be an object { name, hash } (set it in SecurityModule.forRoot()).'],
    [[{ hash }], '"keys[0].name" must be 1 to 64 letters, digits and . _ @ -; its value is not shown'],
    [[{ name: SECRET + '\n', hash }], '"keys[0].name" must be 1 to 64'],
    [
      [{ name: 'a', hash: SECRET }],
      '"keys[0].hash" must be "sha256:" and 64 hex digits, as hashApiKey(key) makes it; its value is not shown',
    ],
    [[{ name: 'a' }], '"keys[0].hash" must be'],
    [[{ name: 'a', hash: hash.slice(0, -1) }], '"keys[0].hash" must be'],
    [[{ name: 'a', hash, scopes: SECRET }], '"keys[0].scopes" must be a list of "management" and path patterns such as "/v1/**"'],
    [[{ name: 'a', hash, scopes: ['v1/**'] }], '"keys[0].scopes" must be'],
    [[{ name: 'a', hash, expiresAt: SECRET }], '"keys[0].expiresAt" must be a time such as "2027-01-31T00:00:00Z"'],
    [[{ name: 'a', hash, [SECRET]: 1 }], '"keys[0]" has a field that is not one of name, hash, scopes, expiresAt'],
    [
      [
        { name: 'a', hash },
        { name: 'b', hash: hash.toUpperCase().replace('SHA256', 'sha256') },
      ],
      '"keys[1]" has the key of "keys[0]"',
    ],
  ])('is refused without showing a value (%#)', (keys, message) => {
    expect(() => read(keys)).toThrow(OptionError);
    expect(() => read(keys)).toThrow(message);
    expect(() => read(keys)).not.toThrow(SECRET);
  });
});

describe('keys of the environment', () => {
  it('are plain or hashed, and kept hashed', () => {
    const entries = readEnvironmentKeys(` ann:${SECRET} , bob:${hashApiKey('other')},, eve:a:b `, 'API_KEYS');
    expect(entries).toEqual([
      { name: 'ann', hash },
      { name: 'bob', hash: hashApiKey('other') },
      { name: 'eve', hash: hashApiKey('a:b') },
    ]);
    expect(JSON.stringify(entries)).not.toContain(SECRET);
  });

  it.each([SECRET, `:${SECRET}`, 'ann:', `ann:x,${SECRET}`])('are refused without showing a value (%#)', (text) => {
    const attempt = () => readEnvironmentKeys(text, 'API_KEYS');
    expect(attempt).toThrow(/Entry \d of "API_KEYS" must be name:key or name:sha256:<hex>; its value is not shown/);
    expect(attempt).not.toThrow(SECRET);
  });

  it('are refused when a hash is cut short', () => {
    const entries = readEnvironmentKeys(`ann:${hash.slice(0, 20)}`, 'API_KEYS');
    expect(() => readKeys(entries, 'API_KEYS', 'the environment')).toThrow(
      /"API_KEYS\[0\]\.hash" must be .+ \(set it in the environment\)\./,
    );
  });
});
