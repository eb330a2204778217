import fc from 'fast-check';
import { retryDelayMs } from './retry-delay.js';
import { type ResolvedRetryOptions, resolveRetryOptions } from './retry.options.js';

const resolved = (options: Parameters<typeof resolveRetryOptions>[0]): ResolvedRetryOptions =>
  resolveRetryOptions(options) as ResolvedRetryOptions;

describe(retryDelayMs.name, () => {
  it('is 1 s x n by default', () => {
    expect([1, 2, 3].map((attempt) => retryDelayMs(attempt, resolved(true), undefined, () => 0.5))).toEqual([1000, 2000, 3000]);
  });

  it('doubles when exponential, up to maxMs', () => {
    const options = resolved({ backoff: 'exponential', baseMs: 100, maxMs: 500 });
    expect([1, 2, 3, 4].map((attempt) => retryDelayMs(attempt, options, undefined, () => 0))).toEqual([100, 200, 400, 500]);
  });

  it('waits at least as long as an upstream asks', () => {
    expect(retryDelayMs(1, resolved({ maxMs: 2000 }), 7, () => 0)).toBe(7000);
    expect(retryDelayMs(3, resolved(true), 1, () => 0)).toBe(3000);
  });

  it('always keeps within its bounds', () => {
    fc.assert(
      fc.property(
        fc.record({
          backoff: fc.constantFrom('linear' as const, 'exponential' as const),
          baseMs: fc.integer({ min: 1, max: 60_000 }),
          maxMs: fc.integer({ min: 1, max: 120_000 }),
          jitter: fc.double({ min: 0, max: 1, noNaN: true }),
        }),
        fc.integer({ min: 1, max: 100 }),
        fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
        (given, attempt, random) => {
          const options = resolved(given);
          const delayMs = retryDelayMs(attempt, options, undefined, () => random);
          const unspread = retryDelayMs(attempt, resolved({ ...given, jitter: 0 }), undefined, () => random);
          expect(Number.isInteger(delayMs)).toBe(true);
          expect(delayMs).toBeLessThanOrEqual(Math.min(options.maxMs, unspread));
          expect(delayMs).toBeGreaterThanOrEqual(Math.floor(unspread * (1 - options.jitter)));
          expect(retryDelayMs(attempt + 1, resolved({ ...given, jitter: 0 }), undefined, () => random)).toBeGreaterThanOrEqual(unspread);
        },
      ),
    );
  });
});
