import { either, fields, integer, number, oneOf, type OptionCheck, typed } from '../../common/option-checks.js';
import { seconds } from '../../common/duration.js';
import { duration } from '../deadline/deadline.options.js';

/** How a failed `run` is tried again. @publicApi */
export interface RetryOptions {
  /** Attempts in all, the first one included. @default 3 */
  readonly attempts?: number;
  /** How the wait grows: `baseMs` x n, or `baseMs` x 2^(n-1). @default 'linear' */
  readonly backoff?: 'linear' | 'exponential';
  /** Wait after the first failure. @default 1000 */
  readonly baseMs?: number;
  /** Longest wait, before jitter; an upstream's Retry-After may be longer. @default 30 000 */
  readonly maxMs?: number;
  /** Part of each wait that is left to chance, 0 to 1, so that clients that failed together don't come back together. @default 0 */
  readonly jitter?: number;
  /** Decides in place of the built-in rule whether an error is worth another attempt. */
  readonly retryOn?: (error: unknown) => boolean;
}

declare module '../../core/stage/stage-handler.options.js' {
  interface StageHandlerOptions {
    /** Tries a failed `run` again when the error may pass; `true` is 3 attempts, 1 s x n. @default false */
    readonly retry?: boolean | RetryOptions;
  }
}

/** @internal */
export type ResolvedRetryOptions = Required<Omit<RetryOptions, 'retryOn'>> & Pick<RetryOptions, 'retryOn'>;

/** @internal */
export const RETRY_CHECKS: Readonly<Record<string, OptionCheck>> = {
  retry: either(
    typed('boolean'),
    fields({
      attempts: integer(1, 100),
      backoff: oneOf('linear', 'exponential'),
      baseMs: duration,
      maxMs: duration,
      jitter: number(0, 1),
      retryOn: typed('function'),
    }),
  ),
};

/** @returns `undefined` where nothing is tried again @internal */
export function resolveRetryOptions(given: boolean | RetryOptions | undefined): ResolvedRetryOptions | undefined {
  if (!given) return undefined;
  const { attempts, backoff, baseMs, maxMs, jitter, retryOn } = given === true ? {} : given;
  return {
    attempts: attempts ?? 3,
    backoff: backoff ?? 'linear',
    baseMs: baseMs ?? seconds(1),
    maxMs: maxMs ?? seconds(30),
    jitter: jitter ?? 0,
    retryOn,
  };
}
