import { isAsyncIterable, isInstance } from '../common/type-guards.js';
import { RequestAbortedError } from '../core/context/request-aborted.error.js';
import { classifyError } from '../core/errors/classify-error.js';
import type { ErrorCode } from '../core/errors/error-catalogue.js';
import { ModelError } from '../core/errors/service-errors.js';
import { isWebServiceError } from '../core/errors/web-service.error.js';
import { toBinaryResult } from '../core/stage/binary-result.js';
import type { BatchItem } from './batch-item.js';

/** How a batch is run. @internal */
export interface BatchCall {
  /** The handler's `runBatch`. */
  readonly call: (items: readonly BatchItem[]) => Promise<unknown>;
  /** Whether a batch that throws is run again in halves. */
  readonly split: boolean;
}

/** What a smaller batch would not cure, and more calls would make worse. */
const OF_THE_MODEL: ReadonlySet<ErrorCode> = new Set<ErrorCode>(['model_overloaded', 'model_timeout', 'overloaded', 'not_ready']);

/**
 * Runs a batch and settles each of its items. When it throws, its halves are run one after the other, down to the input that is to blame:
 * one bad input among n costs 2 * ceil(log2(n)) + 1 calls, and never more than 2n - 1 are made. Never rejects.
 * @returns the number of calls
 * @internal
 */
export async function runIsolated(items: readonly BatchItem[], how: BatchCall): Promise<number> {
  const present = items.filter(({ isOver }) => !isOver);
  if (present.length === 0) return 0;
  let results: unknown;
  try {
    results = await how.call(present);
  } catch (error) {
    return 1 + (await afterFailure(present, error, how));
  }
  try {
    settleAll(present, results);
  } catch (error) {
    rejectAll(present, error); // a result that throws when it is looked at
  }
  return 1;
}

async function afterFailure(items: readonly BatchItem[], error: unknown, how: BatchCall): Promise<number> {
  if (isAbort(error)) {
    // The abort of one that has left must not end the others; each further call has fewer items.
    if (items.some(({ isOver }) => isOver)) return runIsolated(items, how);
    rejectAll(items, new ModelError('runBatch stopped although none of its requests was aborted', { cause: error }));
    return 0;
  }
  if (!how.split || items.length === 1 || isPastCure(error)) {
    rejectAll(items, error);
    return 0;
  }
  const middle = Math.ceil(items.length / 2);
  const calls = await runIsolated(items.slice(0, middle), how);
  return calls + (await runIsolated(items.slice(middle), how));
}

/** By position. Results that can't be told apart belong to nobody. */
function settleAll(items: readonly BatchItem[], results: unknown): void {
  if (!Array.isArray(results) || results.length !== items.length) {
    const given = Array.isArray(results) ? `${results.length} results` : 'no array of results';
    rejectAll(items, new ModelError(`runBatch gave ${given} for ${items.length} inputs`));
    return;
  }
  items.forEach((item, index) => {
    const result: unknown = results[index];
    if (isInstance(result, Error) || isWebServiceError(result)) item.reject(result);
    else if (isAsyncIterable(result) && !toBinaryResult(result)) item.reject(new ModelError('runBatch gave a stream, which it must not'));
    else item.resolve(result);
  });
}

function rejectAll(items: readonly BatchItem[], error: unknown): void {
  for (const item of items) item.reject(error);
}

function isPastCure(error: unknown): boolean {
  const { tier, code } = classifyError(error);
  return tier === 'L4' || OF_THE_MODEL.has(code);
}

/** A request's own reason, or what `fetch` and others make of it. */
function isAbort(error: unknown): boolean {
  try {
    return isInstance(error, RequestAbortedError) || (error as { name?: unknown } | null | undefined)?.name === 'AbortError';
  } catch {
    return false; // a name that throws when it is read says nothing
  }
}
