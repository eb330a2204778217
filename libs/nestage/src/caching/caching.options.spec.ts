import { checkOptions } from '../common/option-checks.js';
import { CACHING_CHECKS, resolveCachingOptions } from './caching.options.js';

const PLACE = "@StageHandler('/x')";

describe('caching options', () => {
  it.each([
    [{ cache: true }, '"cache" must be false or an object with ttlMs, got true'],
    [{ cache: {} }, '"cache" must be false or an object with ttlMs, got {}'],
    [{ cache: { ttlMs: 0 } }, '"cache.ttlMs" must be an integer >= 1, got 0'],
    [{ cache: { ttlMs: 1, maxEntries: 0 } }, '"cache.maxEntries" must be an integer from 1 to 10000000, got 0'],
    [{ cache: { ttlMs: 1, maxBytes: 0.5 } }, '"cache.maxBytes" must be an integer >= 1, got 0.5'],
    [{ cache: { ttlMs: 1, key: 'all' } }, '"cache.key" must be one of "client", "input" or a function, got "all"'],
    [{ cache: { ttlMs: 1, ttl: 1 } }, '"cache.ttl" is not an option'],
    [{ coalesce: 'yes' }, '"coalesce" must be a boolean or an object, got "yes"'],
    [{ coalesce: { maxReplayBytes: -1 } }, '"coalesce.maxReplayBytes" must be an integer >= 0, got -1'],
  ])('refuse %j', (given, message) => {
    expect(() => checkOptions(given, CACHING_CHECKS, PLACE)).toThrow(message);
  });

  it('are off by default, and coalesce with a cache unless that is switched off', () => {
    const cache = { ttlMs: 5 };
    expect([{}, { coalesce: false }, { cache: false } as const].map(resolveCachingOptions)).toEqual([undefined, undefined, undefined]);
    expect(resolveCachingOptions({ coalesce: true })).toMatchObject({ isCoalesced: true, key: 'client', cache: undefined });
    expect(resolveCachingOptions({ cache })).toMatchObject({ isCoalesced: true, cache: { ttlMs: 5 } });
    expect(resolveCachingOptions({ cache, coalesce: false })).toMatchObject({ isCoalesced: false, cache: { ttlMs: 5 } });
  });

  it('have one key, wherever it is given', () => {
    const key = (): string => 'same';
    expect(resolveCachingOptions({ cache: { ttlMs: 5, key }, coalesce: true })?.key).toBe(key);
    expect(resolveCachingOptions({ cache: { ttlMs: 5 }, coalesce: { key } })?.key).toBe(key);
  });
});
