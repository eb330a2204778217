import type { ResolvedRetryOptions } from './retry.options.js';

/**
 * Milliseconds to wait after the n-th failed attempt, n from 1: linear or exponential, at most `maxMs`, the part `jitter` of it left to
 * chance; never less than what an upstream asked for.
 * @param random gives numbers from 0 to below 1
 * @internal
 */
export function retryDelayMs(
  attempt: number,
  { backoff, baseMs, maxMs, jitter }: ResolvedRetryOptions,
  askedSeconds: number | undefined,
  random: () => number,
): number {
  const grown = backoff === 'linear' ? baseMs * attempt : baseMs * 2 ** (attempt - 1);
  const delayMs = Math.round(Math.min(maxMs, grown) * (1 - jitter * random()));
  return Math.max(delayMs, (askedSeconds ?? 0) * 1000);
}
