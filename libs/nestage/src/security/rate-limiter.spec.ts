import { ThrottlerStorageService, type ThrottlerStorage } from '@nestjs/throttler';
import fc from 'fast-check';
import { RequestContext } from '../core/context/request-context.js';
import { RequestError } from '../core/errors/service-errors.js';
import type { GateRequest } from '../http/gate/gate-checks.js';
import { FakeClock } from '../testing/fake-clock.js';
import { MemoryLogWriter } from '../testing/memory-log-writer.js';
import { type RateLimitOptions, resolveRateLimit } from './rate-limit.options.js';
import { RateLimiter } from './rate-limiter.js';

const open: RateLimiter[] = [];
afterEach(() => open.splice(0).forEach((limiter) => limiter.close()));

function limiterOf(given: RateLimitOptions, hasKeys = true) {
  const [clock, log] = [new FakeClock(), new MemoryLogWriter()];
  const limiter = new RateLimiter({ options: resolveRateLimit(given, 'a test'), hasKeys, clock, log });
  open.push(limiter);
  return { limiter, clock, log };
}

function requestOf({ path = '/v1/chat', address = '10.0.0.1' } = {}) {
  const headers: Record<string, string> = {};
  const context = new RequestContext({ logId: 'l', origin: 'http', headers: {}, writer: new MemoryLogWriter(), startedAt: 0 });
  const setHeader = (name: string, value: string) => void (headers[name] = value);
  const request: GateRequest = { context, kind: 'stage', method: 'POST', path, address, setHeader };
  return { request, headers };
}

const principal = (name: string) => ({ name, scopes: [] });

/** Whether a request gets through both counts. */
async function passes(limiter: RateLimiter, { key, ...of }: { key?: string; path?: string; address?: string }): Promise<boolean> {
  const { request } = requestOf(of);
  try {
    await limiter.countAddress(request);
    if (key) await limiter.countKey(request, principal(key));
    return true;
  } catch (error) {
    if (!(error instanceof RequestError)) throw error;
    return false;
  }
}

describe('a rate limit', () => {
  it.each([
    ['key', [true, false, true, false, false]],
    ['ip', [true, false, false, true, true]],
    ['both', [true, false, false, true, false]],
  ] as const)('by %s counts together what it says', async (by, expected) => {
    const { limiter } = limiterOf({ limit: 1, by });
    const asked = [
      { key: 'ann', address: '10.0.0.1' },
      { key: 'ann', address: '10.0.0.1' },
      { key: 'bob', address: '10.0.0.1' },
      { key: 'bob', address: '10.0.0.2' },
      { key: 'ann', address: '10.0.0.3' },
    ];
    const passed: boolean[] = [];
    for (const each of asked) passed.push(await passes(limiter, each));
    expect(passed).toEqual(expected);
  });

  it('by key counts addresses where there are no keys', async () => {
    const { limiter } = limiterOf({ limit: 1 }, false);
    expect(await passes(limiter, { address: '10.0.0.1' })).toBe(true);
    expect(await passes(limiter, { address: '10.0.0.1' })).toBe(false);
    expect(await passes(limiter, { address: '10.0.0.2' })).toBe(true);
  });

  it('takes a network of 64 bits for one address, and an IPv4 address in either form', async () => {
    const { limiter } = limiterOf({ limit: 1, by: 'ip' });
    expect(await passes(limiter, { address: '2001:db8::1' })).toBe(true);
    expect(await passes(limiter, { address: '2001:db8::ffff:1' })).toBe(false);
    expect(await passes(limiter, { address: '10.0.0.1' })).toBe(true);
    expect(await passes(limiter, { address: '::ffff:10.0.0.1' })).toBe(false);
  });

  it('has rules by path, each with a count of its own', async () => {
    const { limiter } = limiterOf({ limit: 2, paths: { '/v1/models': false, '/v1/chat/**': { limit: 1 } } });
    const times = async (path: string) => {
      const passed: boolean[] = [];
      for (let index = 0; index < 3; index++) passed.push(await passes(limiter, { key: 'ann', path }));
      return passed;
    };
    expect(await times('/v1/chat/completions')).toEqual([true, false, false]);
    expect(await times('/v1/chat/other')).toEqual([false, false, false]);
    expect(await times('/v1/models')).toEqual([true, true, true]);
    expect(await times('/v1/embeddings')).toEqual([true, true, false]);
  });

  it('never lets more through within a window than it says', async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: 20 }), fc.integer({ min: 0, max: 60 }), async (limit, count) => {
        const { limiter } = limiterOf({ limit });
        const passed = await Promise.all(Array.from({ length: count }, () => passes(limiter, { key: 'ann' })));
        expect(passed.filter(Boolean)).toHaveLength(Math.min(limit, count));
      }),
      { numRuns: 50 },
    );
  });

  it('shows the tighter of two counts', async () => {
    const { limiter } = limiterOf({ limit: 3, by: 'both' });
    await passes(limiter, { key: 'ann', address: '10.0.0.1' });
    const { request, headers } = requestOf({ address: '10.0.0.2' });
    await limiter.countAddress(request);
    expect(headers).toEqual({ 'x-ratelimit-limit': '3', 'x-ratelimit-remaining': '2', 'x-ratelimit-reset': '60' });
    await limiter.countKey(request, principal('ann'));
    expect(headers['x-ratelimit-remaining']).toBe('1');
  });

  it('refuses with the seconds until there is room', async () => {
    const { limiter } = limiterOf({ limit: 1, windowMs: 30_000 });
    await passes(limiter, { key: 'ann' });
    const { request, headers } = requestOf();
    const refused = limiter.countKey(request, principal('ann'));
    await expect(refused).rejects.toMatchObject({ code: 'rate_limited', retryAfterSeconds: 30 });
    await expect(refused).rejects.toThrow('Too many requests: 1 within 30000 ms are allowed');
    expect(headers).toEqual({ 'x-ratelimit-limit': '1', 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': '30' });
  });

  it('lets through again when the window has room, or the block is over', async () => {
    jest.useFakeTimers({ now: 0, doNotFake: ['setImmediate', 'nextTick', 'queueMicrotask'] });
    const { limiter: sliding } = limiterOf({ limit: 1, windowMs: 1000 });
    const { limiter: blocking } = limiterOf({ limit: 1, windowMs: 1000, blockMs: 5000 });
    for (const limiter of [sliding, blocking]) {
      expect(await passes(limiter, { key: 'ann' })).toBe(true);
      expect(await passes(limiter, { key: 'ann' })).toBe(false);
    }
    jest.setSystemTime(1001);
    expect(await passes(sliding, { key: 'ann' })).toBe(true);
    expect(await passes(blocking, { key: 'ann' })).toBe(false);
    jest.setSystemTime(5001);
    expect(await passes(blocking, { key: 'ann' })).toBe(true);
    jest.useRealTimers();
  });

  it('holds at its largest', async () => {
    const { limiter } = limiterOf({ limit: 10_000 });
    const { request } = requestOf();
    for (let index = 0; index < 10_000; index++) await limiter.countKey(request, principal('ann'));
    await expect(limiter.countKey(request, principal('ann'))).rejects.toMatchObject({ code: 'rate_limited' });
  });
});

describe('a storage of the rate limit', () => {
  it('is asked as @nestjs/throttler asks it', async () => {
    const asked: unknown[][] = [];
    const memory = new ThrottlerStorageService();
    const storage: ThrottlerStorage = {
      increment: (...given) => {
        asked.push(given);
        return memory.increment(...given);
      },
    };
    const { limiter } = limiterOf({ limit: 3, storage, blockMs: 10 });
    await passes(limiter, { key: 'ann' });
    memory.onApplicationShutdown();
    expect(asked).toEqual([['nestage:*:key:ann', 60_000, 3, 10, '*']]);
  });

  it('that fails lets all through, and both changes are told once', async () => {
    let isDown = true;
    const memory = new ThrottlerStorageService();
    const storage: ThrottlerStorage = {
      increment: (...given) => (isDown ? Promise.reject(new Error('ECONNREFUSED')) : memory.increment(...given)),
    };
    const { limiter, log, clock } = limiterOf({ limit: 1, storage });
    for (let index = 0; index < 3; index++) expect(await passes(limiter, { key: 'ann' })).toBe(true);
    isDown = false;
    expect([await passes(limiter, { key: 'ann' }), await passes(limiter, { key: 'ann' })]).toEqual([true, false]);
    expect(log.records.map(({ level, message }) => `${level} ${message}`)).toEqual([
      'ERROR The storage of the rate limit fails, nothing is limited: ECONNREFUSED',
      'INFO The storage of the rate limit works again',
    ]);
    expect(clock.pendingTimers).toBe(0);
    memory.onApplicationShutdown();
  });

  it('that throws at once is one that fails', async () => {
    const storage = {
      increment: () => {
        throw new Error('closed');
      },
    };
    expect(await passes(limiterOf({ storage }).limiter, { key: 'ann' })).toBe(true);
  });

  it('that hangs holds a request for a second', async () => {
    const { limiter, clock, log } = limiterOf({ storage: { increment: () => new Promise(() => undefined) } });
    const passing = passes(limiter, { key: 'ann' });
    await clock.advanceAsync(1000);
    expect(await passing).toBe(true);
    expect(log.messages).toEqual(['The storage of the rate limit fails, nothing is limited: no answer within 1000 ms']);
  });
});
