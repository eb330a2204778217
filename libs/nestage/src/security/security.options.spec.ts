import { OptionError } from '../common/option-checks.js';
import { hashApiKey } from './api-key.js';
import { resolveSecurityOptions } from './security.options.js';

const hash = hashApiKey('a key');
const HERE = '(set it in SecurityModule.forRoot()).';

describe('options of security', () => {
  it('are open by default', () => {
    expect(resolveSecurityOptions({}, {})).toEqual({
      keys: undefined,
      keysFile: undefined,
      keysFilePollMs: 1000,
      everywhere: false,
      rateLimit: undefined,
    });
  });

  it('take from the environment what is not given', () => {
    const environment = { apiKeys: 'ann:one', managementApiKeys: 'ops:two', apiKeysFile: '/keys.json' };
    const { keys, keysFile } = resolveSecurityOptions({}, environment);
    expect(keys?.map(({ name, scopes }) => [name, scopes])).toEqual([
      ['ann', ['/**']],
      ['ops', ['management']],
    ]);
    expect(keysFile).toBe('/keys.json');
    const given = resolveSecurityOptions({ keys: [{ name: 'bob', hash }], keysFile: '/other.json' }, environment);
    expect([given.keys?.map(({ name }) => name), given.keysFile]).toEqual([['bob'], '/other.json']);
  });

  it('fill the rules of the rate limit field by field', () => {
    const paths = { '/v1/models': false, '/v1/**': { limit: 5, by: undefined } } as const;
    const { rateLimit } = resolveSecurityOptions({ rateLimit: { windowMs: 1000, by: 'both', paths } }, {});
    expect(rateLimit?.general).toEqual({ name: '*', limit: 60, windowMs: 1000, by: 'both' });
    expect(rateLimit?.paths.map(({ rule }) => rule)).toEqual([undefined, { name: '/v1/**', limit: 5, windowMs: 1000, by: 'both' }]);
    expect(rateLimit?.blockMs).toBe(0);
  });

  it.each<[object, string]>([
    [
      { key: 'x' },
      '"key" is not an option (known: "keys", "keysFile", "keysFilePollMs", "everywhere", "rateLimit"; given in SecurityModule.forRoot()).',
    ],
    [{ keysFile: '' }, `"keysFile" must be a string that is not empty, got "" ${HERE}`],
    [{ keysFilePollMs: 1 }, `"keysFilePollMs" must be an integer from 10 to 60000, got 1 ${HERE}`],
    [{ everywhere: 'yes' }, `"everywhere" must be a boolean, got "yes" ${HERE}`],
    [{ rateLimit: 5 }, `"rateLimit" must be an object, got 5 ${HERE}`],
    [{ rateLimit: { limit: 0 } }, `"rateLimit.limit" must be an integer from 1 to 10000, got 0 ${HERE}`],
    [{ rateLimit: { windowMs: 0.5 } }, `"rateLimit.windowMs" must be an integer from 1 to 86400000, got 0.5 ${HERE}`],
    [{ rateLimit: { by: 'user' } }, `"rateLimit.by" must be one of "key", "ip", "both", got "user" ${HERE}`],
    [{ rateLimit: { blockMs: -1 } }, `"rateLimit.blockMs" must be an integer from 0 to 86400000, got -1 ${HERE}`],
    [{ rateLimit: { storage: {} } }, `"rateLimit.storage" must be a ThrottlerStorage, got {} ${HERE}`],
    [{ rateLimit: { paths: { v1: {} } } }, `"rateLimit.paths["v1"]" must be named by a path pattern such as "/v1/**", got v1 ${HERE}`],
    [{ rateLimit: { paths: { '/a': true } } }, `"rateLimit.paths["/a"]" must be an object or false, got true ${HERE}`],
    [{ rateLimit: { paths: { '/a': { limit: -1 } } } }, `"rateLimit.paths["/a"].limit" must be an integer from 1 to 10000, got -1 ${HERE}`],
    [{ keys: 'sk-secret' }, `"keys" must be a list of { name, hash, scopes, expiresAt } ${HERE}`],
  ])('are refused: %j', (options, message) => {
    const attempt = () => resolveSecurityOptions(options, {});
    expect(attempt).toThrow(OptionError);
    expect(attempt).toThrow(message);
    expect(attempt).not.toThrow('sk-secret');
  });
});
