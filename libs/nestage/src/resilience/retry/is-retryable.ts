import { isInstance } from '../../common/type-guards.js';
import { classifyError } from '../../core/errors/classify-error.js';
import { RequestError } from '../../core/errors/service-errors.js';
import { upstreamAnswerOf } from '../upstream-answer.js';

/**
 * Whether the same call may succeed a little later: errors of tier L3, connection errors among them, but for an upstream that refused the
 * call itself (a 4xx other than 408 and 429), and but for what a room of ours refused. Errors of the client (L1, L2) and fatal ones (L4) stay as they are.
 * @internal
 */
export function isRetryable(error: unknown): boolean {
  if (isInstance(error, RequestError)) return false;
  const { tier, code } = classifyError(error);
  if (tier !== 'L3' || code === 'shutting_down') return false;
  const { status } = upstreamAnswerOf(error);
  return status === undefined || status >= 500 || status === 408 || status === 429;
}
