import { RequestError } from '../../core/errors/service-errors.js';

/** Seconds of Retry-After while Redis is away. */
const RETRY_AFTER_SECONDS = 2;

/** Whether Redis has no memory for what it was told (`maxmemory`, with the policy `noeviction`). @internal */
export const isFull = (error: unknown): boolean => (error as Error).message.includes('OOM command not allowed');

/** @internal */
export function unavailable(cause: unknown): RequestError {
  const why = isFull(cause) ? 'Redis is full' : 'Redis can not be reached';
  return new RequestError(why, { code: 'jobs_unavailable', retryAfterSeconds: RETRY_AFTER_SECONDS, cause });
}
