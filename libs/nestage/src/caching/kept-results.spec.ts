import { FakeClock } from '../testing/fake-clock.js';
import type { CacheOptions } from './caching.options.js';
import { resolveCachingOptions } from './caching.options.js';
import { KeptResults } from './kept-results.js';
import type { SharedResult } from './shared-result.js';

const resultOf = (value: unknown): SharedResult => ({
  content: { value },
  effects: { status: undefined, headers: [], state: [] },
  logId: '1',
});

function setUp(options: Partial<CacheOptions> = {}) {
  const clock = new FakeClock();
  const cache = resolveCachingOptions({ cache: { ttlMs: 1000, ...options } })?.cache;
  if (!cache) throw new Error('no cache');
  let evicted = 0;
  const kept = new KeptResults({ options: cache, name: 'X', clock, onEvicted: () => evicted++ });
  const get = (key: string): unknown => (kept.get(key, Infinity)?.content as { value?: unknown } | undefined)?.value;
  return { clock, kept, get, evictions: () => evicted };
}

describe(KeptResults.name, () => {
  it('gives a result until its time is over, also one of the first moment', () => {
    const { kept, get, clock } = setUp();
    kept.set('a', resultOf('A'));
    clock.advance(1000);
    expect([get('a'), kept.get('a', Infinity)?.ageMs]).toEqual(['A', 1000]);
    clock.advance(1);
    expect([get('a'), kept.size]).toEqual([undefined, 0]);
    expect(clock.pendingTimers).toBe(0);
  });

  it('gives none that is older than the request takes, and keeps it for others', () => {
    const { kept, get, clock } = setUp();
    kept.set('a', resultOf('A'));
    clock.advance(500);
    expect(kept.get('a', 499)).toBeUndefined();
    expect(kept.get('a', 500)).toMatchObject({ ageMs: 500 });
    expect(get('a')).toBe('A');
  });

  it('lets the one go that was not asked for the longest, by number', () => {
    const { kept, get, evictions } = setUp({ maxEntries: 2 });
    for (const key of ['a', 'b']) kept.set(key, resultOf(key));
    get('a');
    kept.set('c', resultOf('c'));
    expect([get('a'), get('b'), get('c'), evictions()]).toEqual(['a', undefined, 'c', 1]);
  });

  it('lets results go by their weight, and keeps none that alone weighs too much', () => {
    const { kept, get, evictions } = setUp({ maxBytes: 100, sizeOf: (value: string) => value.length });
    expect(kept.set('a', resultOf('x'.repeat(60)))).toBe(true);
    expect(kept.set('b', resultOf('y'.repeat(60)))).toBe(true);
    expect([get('a'), get('b') !== undefined, kept.bytes, evictions()]).toEqual([undefined, true, 61, 1]);
    expect(kept.set('c', resultOf('z'.repeat(100)))).toBe(false);
    expect([get('c'), get('b') !== undefined]).toEqual([undefined, true]);
  });

  it('weighs all items of a stream', () => {
    const { kept } = setUp({ sizeOf: () => 10 });
    kept.set('a', { ...resultOf(undefined), content: { items: [1, 2, 3] } });
    expect(kept.bytes).toBe(31);
  });

  it.each([NaN, -1, '5', undefined])('refuses a weight of %p', (weight) => {
    const { kept } = setUp({ sizeOf: () => weight as number });
    expect(() => kept.set('a', resultOf(1))).toThrow(`"cache.sizeOf" of X must give a number >= 0, gave ${String(weight)}`);
  });

  it('forgets by key, and all', () => {
    const { kept } = setUp();
    for (const key of ['a', 'b', 'c']) kept.set(key, resultOf(key));
    expect(kept.delete((key) => key === 'b')).toBe(1);
    expect(kept.delete(() => true)).toBe(2);
    expect([kept.size, kept.bytes]).toEqual([0, 0]);
  });
});
