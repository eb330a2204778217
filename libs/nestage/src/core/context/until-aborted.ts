import { systemClock } from '../../common/clock.js';
import type { RequestContext } from './request-context.js';

/** How work ended that nobody waited for any more. @internal */
export interface LateEnd {
  readonly outcome: 'value' | 'error';
  /** What it gave or threw. */
  readonly result: unknown;
  /** How long after the abort. */
  readonly lateMs: number;
}

/**
 * Settles as `work` does, or rejects with the reason as soon as the request is aborted. What abandoned work gives later is dropped.
 * @param onLate is told of the end of abandoned work
 * @internal
 */
export function untilAborted<T>(work: PromiseLike<T>, context: RequestContext, onLate?: (end: LateEnd) => void): Promise<T> {
  return new Promise<T>((resolve, reject) => {
    let abortedAt: number | undefined;
    const release = context.onAbort((reason) => {
      abortedAt = systemClock.elapsed();
      reject(reason);
    });
    const isLate = (outcome: LateEnd['outcome'], result: unknown): boolean => {
      release();
      if (abortedAt === undefined) return false;
      onLate?.({ outcome, result, lateMs: systemClock.elapsed() - abortedAt });
      return true;
    };
    work.then(
      (value) => isLate('value', value) || resolve(value),
      (error: unknown) => isLate('error', error) || reject(error as Error),
    );
  });
}
