import { integer, type OptionCheck } from '../common/option-checks.js';
import { minutes } from '../common/duration.js';
import type { StageHandlerOptions } from '../core/stage/stage-handler.options.js';
import { duration, resolveDeadlineOptions } from './deadline.options.js';

declare module '../core/stage/stage-handler.options.js' {
  interface StageHandlerOptions {
    /** How many requests may be in `run` at once; a stream is until its end. @default 64 */
    readonly concurrency?: number;
    /** How many more may wait for their turn; further ones are refused with 503 and Retry-After. @default 256 */
    readonly queue?: number;
    /** Longest time in the waiting room, in milliseconds; past it 503 and Retry-After. @default the route's timeoutMs */
    readonly queueTimeoutMs?: number;
    /**
     * How long a `run` that ignores its signal keeps its place among the running ones after its request is over, in milliseconds.
     * @default 300 000
     */
    readonly abandonedPermitMs?: number;
  }
}

/** @internal */
export interface AdmissionOptions {
  readonly concurrency: number;
  readonly queue: number;
  readonly queueTimeoutMs: number;
  readonly abandonedPermitMs: number;
}

/** @internal */
export const ADMISSION_CHECKS: Readonly<Record<string, OptionCheck>> = {
  concurrency: integer(1),
  queue: integer(0),
  queueTimeoutMs: duration,
  abandonedPermitMs: duration,
};

/** @internal */
export const resolveAdmissionOptions = (options: StageHandlerOptions): AdmissionOptions => ({
  concurrency: options.concurrency ?? 64,
  queue: options.queue ?? 256,
  queueTimeoutMs: options.queueTimeoutMs ?? resolveDeadlineOptions(options).timeoutMs,
  abandonedPermitMs: options.abandonedPermitMs ?? minutes(5),
});
