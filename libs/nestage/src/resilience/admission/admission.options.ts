import { either, integer, object, oneOf, type OptionCheck } from '../../common/option-checks.js';
import { minutes } from '../../common/duration.js';
import type { StageHandlerOptions } from '../../core/stage/stage-handler.options.js';
import { duration, resolveDeadlineOptions } from '../deadline/deadline.options.js';

/** A number of permits that follows the latency of `run`. @publicApi */
export interface AdaptiveConcurrency {
  readonly adaptive: true;
  /** Where it begins, and what it never falls below. @default 1 */
  readonly min?: number;
  /** What it never exceeds. */
  readonly max: number;
}

declare module '../../core/stage/stage-handler.options.js' {
  interface StageHandlerOptions {
    /**
     * How many requests may be in `run` at once; a stream is until its end. `{ min, max, adaptive: true }` finds the number by itself:
     * more while that makes nothing slower, fewer when it does. @default 64; with `batch`, all that its batches and their queue hold
     */
    readonly concurrency?: number | AdaptiveConcurrency;
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
  readonly concurrency: number | Required<AdaptiveConcurrency>;
  readonly queue: number;
  readonly queueTimeoutMs: number;
  readonly abandonedPermitMs: number;
}

const adaptive: OptionCheck = {
  describe: '{ min, max, adaptive: true } with min <= max',
  accepts: (value) => {
    if (!object.accepts(value)) return false;
    const given = value as Partial<AdaptiveConcurrency>;
    return given.adaptive === true && given.max !== undefined && !((given.min ?? 1) > given.max);
  },
  fields: { adaptive: oneOf(true), min: integer(1), max: integer(1) },
};

/** @internal */
export const ADMISSION_CHECKS: Readonly<Record<string, OptionCheck>> = {
  concurrency: either(integer(1), adaptive),
  queue: integer(0),
  queueTimeoutMs: duration,
  abandonedPermitMs: duration,
};

/** @internal */
export const resolveAdmissionOptions = (options: StageHandlerOptions): AdmissionOptions => ({
  concurrency: resolveConcurrency(options.concurrency ?? 64),
  queue: options.queue ?? 256,
  queueTimeoutMs: options.queueTimeoutMs ?? resolveDeadlineOptions(options).timeoutMs,
  abandonedPermitMs: options.abandonedPermitMs ?? minutes(5),
});

function resolveConcurrency(given: number | AdaptiveConcurrency): AdmissionOptions['concurrency'] {
  return typeof given === 'number' ? given : { ...given, min: given.min ?? 1 };
}
