import { seconds } from '../common/duration.js';
import { checkOptions, either, integer, object, oneOf, type OptionCheck } from '../common/option-checks.js';
import { availableCpus } from '../core/resources/cgroup-limits.js';

/** How many processes serve: a number, or one for each CPU that the container may use. @publicApi */
export type WorkerCount = number | 'auto';

/** Options of several processes. @publicApi */
export interface WorkersOptions {
  /** 1 is one process without a supervisor. @default WORKERS, else 1 */
  readonly count?: WorkerCount;
  /** A worker whose event loop was blocked for this long is ended and replaced; `false` lets it be. @default 60 000 */
  readonly stuckAfterMs?: number | false;
  /** Longest time that `/metrics`, `/stats`, `/health` and request records wait for another worker. @default 500 */
  readonly answerTimeoutMs?: number;
}

/** @internal */
export interface ResolvedWorkersOptions {
  readonly count: number;
  readonly stuckAfterMs: number | false;
  readonly answerTimeoutMs: number;
}

/** More are a slip of the pen. */
const MAX_WORKERS = 1024;
const count = either(integer(1, MAX_WORKERS), oneOf('auto'));

/** Rule for `workers` of `startWebService`. @internal */
export const WORKERS_CHECK: OptionCheck = either(count, object);

/** @throws OptionError @internal */
export function resolveWorkersOptions(
  given: WorkerCount | WorkersOptions | undefined,
  fromEnvironment?: WorkerCount,
): ResolvedWorkersOptions {
  const options: WorkersOptions = typeof given === 'object' ? given : { count: given };
  const checks = { count, stuckAfterMs: either(integer(seconds(5)), oneOf(false)), answerTimeoutMs: integer(10) };
  checkOptions(options, checks, 'startWebService()', 'workers.');
  const wanted = options.count ?? fromEnvironment ?? 1;
  return {
    count: wanted === 'auto' ? availableCpus() : wanted,
    stuckAfterMs: options.stuckAfterMs ?? seconds(60),
    answerTimeoutMs: options.answerTimeoutMs ?? 500,
  };
}
