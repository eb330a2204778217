import { either, fields, integer, type OptionCheck, typed } from '../common/option-checks.js';
import { hours, seconds } from '../common/duration.js';
import type { StageHandlerOptions } from '../core/stage/stage-handler.options.js';

/** How requests of a handler are done as jobs. @publicApi */
export interface JobHandlerOptions {
  /** How often a job is tried in all, when a try ends with an error of tier L3 or its process dies. @default 3 */
  readonly tries?: number;
  /** Wait before the second try in milliseconds; doubled for each one after it, up to a minute. @default 1000 */
  readonly backoffMs?: number;
  /** From 0 to 1000; higher runs first. @default 0 */
  readonly priority?: number;
  /** Highest priority that a client may ask for by `x-job-priority`. @default `priority` */
  readonly maxPriority?: number;
  /** Longest delay in milliseconds that a client may ask for by `x-job-delay-ms`. @default 86 400 000 */
  readonly maxDelayMs?: number;
  /** How long a job's end and result are remembered, in milliseconds. @default 3 600 000 */
  readonly keepMs?: number;
  /** How long a job may take with all its waiting and tries, from the end of its delay, in milliseconds; then it is dead. @default 86 400 000 */
  readonly maxAgeMs?: number;
  /** Jobs of the route that a process works on at once. They take the same permits as other requests. @default 4 */
  readonly concurrency?: number;
}

declare module '../core/stage/stage-handler.options.js' {
  interface StageHandlerOptions {
    /** Takes requests with `Prefer: respond-async` as jobs, answered with 202 and done later. Needs `nestage/jobs`. @default false */
    readonly jobs?: boolean | JobHandlerOptions;
  }
}

/** @internal */
export type ResolvedJobHandlerOptions = Required<JobHandlerOptions>;

/** Highest priority there is. @internal */
export const MAX_PRIORITY = 1000;
/** Timers can't be set for longer. */
const MAX_TIMER_MS = 2 ** 31 - 1;

/** @internal */
export const JOB_HANDLER_CHECKS: Readonly<Record<string, OptionCheck>> = {
  jobs: either(
    typed('boolean'),
    fields({
      tries: integer(1, 1000),
      backoffMs: integer(0, MAX_TIMER_MS),
      priority: integer(0, MAX_PRIORITY),
      maxPriority: integer(0, MAX_PRIORITY),
      maxDelayMs: integer(0, MAX_TIMER_MS),
      keepMs: integer(seconds(1), MAX_TIMER_MS),
      maxAgeMs: integer(seconds(1), MAX_TIMER_MS),
      concurrency: integer(1),
    }),
  ),
};

/** @returns `undefined` for a handler whose requests are no jobs @internal */
export function resolveJobHandlerOptions({ jobs }: StageHandlerOptions): ResolvedJobHandlerOptions | undefined {
  if (!jobs) return undefined;
  const given = jobs === true ? {} : jobs;
  const priority = given.priority ?? 0;
  return {
    tries: given.tries ?? 3,
    backoffMs: given.backoffMs ?? seconds(1),
    priority,
    maxPriority: given.maxPriority ?? priority,
    maxDelayMs: given.maxDelayMs ?? hours(24),
    keepMs: given.keepMs ?? hours(1),
    maxAgeMs: given.maxAgeMs ?? hours(24),
    concurrency: given.concurrency ?? 4,
  };
}
