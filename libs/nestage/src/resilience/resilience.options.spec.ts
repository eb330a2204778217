import { checkOptions } from '../common/option-checks.js';
import { ADMISSION_CHECKS, resolveAdmissionOptions } from './admission/admission.options.js';
import { BREAKER_CHECKS, resolveBreakerOptions } from './breaker/breaker.options.js';
import { DEADLINE_CHECKS, resolveDeadlineOptions } from './deadline/deadline.options.js';
import { resolveRetryOptions, RETRY_CHECKS } from './retry/retry.options.js';

const check = (options: object): void =>
  checkOptions(options, { ...DEADLINE_CHECKS, ...ADMISSION_CHECKS, ...RETRY_CHECKS, ...BREAKER_CHECKS }, "@StageHandler('/x') of X");

describe('options of resilience', () => {
  it('have the documented defaults', () => {
    expect(resolveDeadlineOptions({})).toEqual({ timeoutMs: 60_000, itemTimeoutMs: 30_000, streamTimeoutMs: 600_000 });
    expect(resolveAdmissionOptions({ concurrency: { max: 8, adaptive: true } }).concurrency).toEqual({ min: 1, max: 8, adaptive: true });
    expect(resolveAdmissionOptions({})).toEqual({ concurrency: 64, queue: 256, queueTimeoutMs: 60_000, abandonedPermitMs: 300_000 });
    expect(resolveAdmissionOptions({ timeoutMs: 5000 }).queueTimeoutMs).toBe(5000);
    expect([resolveRetryOptions(undefined), resolveRetryOptions(false)]).toEqual([undefined, undefined]);
    expect(resolveRetryOptions(true)).toEqual({
      attempts: 3,
      backoff: 'linear',
      baseMs: 1000,
      maxMs: 30_000,
      jitter: 0,
      retryOn: undefined,
    });
    expect([resolveBreakerOptions(undefined), resolveBreakerOptions(false)]).toEqual([undefined, undefined]);
    expect(resolveBreakerOptions(true)).toEqual({
      errorThreshold: 10,
      resetIntervalMs: 300_000,
      mode: 'consecutive',
      errorRate: 0.5,
      windowMs: 60_000,
    });
  });

  it('fill each field by itself', () => {
    expect(resolveRetryOptions({ attempts: 5 })).toMatchObject({ attempts: 5, baseMs: 1000 });
    expect(resolveBreakerOptions({ mode: 'total' })).toMatchObject({ mode: 'total', errorThreshold: 10 });
  });

  it.each<[object, string]>([
    [{ timeoutMs: 0 }, '"timeoutMs" must be an integer from 1 to 2147483647, got 0'],
    [{ itemTimeoutMs: Infinity }, '"itemTimeoutMs" must be an integer'],
    [{ streamTimeoutMs: '1s' }, '"streamTimeoutMs" must be an integer'],
    [{ queueTimeoutMs: -1 }, '"queueTimeoutMs" must be an integer'],
    [{ abandonedPermitMs: 2 ** 31 }, '"abandonedPermitMs" must be an integer'],
    [{ concurrency: 0 }, '"concurrency" must be an integer >= 1 or { min, max, adaptive: true } with min <= max, got 0'],
    [
      { concurrency: { min: 2, max: 8 } },
      '"concurrency" must be an integer >= 1 or { min, max, adaptive: true } with min <= max, got {"min":2,"max":8}',
    ],
    [
      { concurrency: { min: 9, max: 8, adaptive: true } },
      '"concurrency" must be an integer >= 1 or { min, max, adaptive: true } with min <= max',
    ],
    [{ concurrency: { max: 0.5, min: 0.2, adaptive: true } }, '"concurrency.max" must be an integer >= 1, got 0.5'],
    [{ concurrency: { max: 8, adaptive: true, start: 2 } }, '"concurrency.start" is not an option'],
    [{ queue: 1.5 }, '"queue" must be an integer >= 0, got 1.5'],
    [{ retry: 3 }, '"retry" must be a boolean or an object, got 3'],
    [{ retry: { attempts: 0 } }, '"retry.attempts" must be an integer from 1 to 100, got 0'],
    [{ retry: { backof: 'linear' } }, '"retry.backof" is not an option (known: "retry.attempts"'],
    [{ retry: { backoff: 'quadratic' } }, '"retry.backoff" must be one of "linear", "exponential"'],
    [{ retry: { jitter: 2 } }, '"retry.jitter" must be a number from 0 to 1, got 2'],
    [{ retry: { baseMs: 0 } }, '"retry.baseMs" must be'],
    [{ retry: { maxMs: null } }, '"retry.maxMs" must be'],
    [{ retry: { retryOn: 'always' } }, '"retry.retryOn" must be a function'],
    [{ breaker: { errorThreshold: 0 } }, '"breaker.errorThreshold" must be an integer >= 1, got 0'],
    [{ breaker: { mode: 'never' } }, '"breaker.mode" must be one of "consecutive", "total", "sampling"'],
    [{ breaker: { errorRate: 0 } }, '"breaker.errorRate" must be a number'],
    [{ breaker: { resetIntervalMs: 0 } }, '"breaker.resetIntervalMs" must be'],
    [{ breaker: { windowMs: 0 } }, '"breaker.windowMs" must be'],
    [{ fallbackTo: 'OtherHandler' }, '"fallbackTo" must be a function'],
    [{ fallbackOn: 'never' }, '"fallbackOn" must be one of "open", "error"'],
  ])('refuses %j, naming field and place', (options, message) => {
    expect(() => check(options)).toThrow(message);
    expect(() => check(options)).toThrow("@StageHandler('/x') of X");
  });
});
