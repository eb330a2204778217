/**
 * What a job asks for: the `run` of a route alone, for a process that waits for it, or a whole request, answered later.
 * @publicApi
 */
export type JobKind = 'run' | 'request';

/**
 * Where a job stands. `succeeded` and `failed` have a result: of a failed one it is the error answer. `dead` had all its tries taken by
 * crashes or retryable errors, and waits for a person; `cancelled` was called off.
 * @publicApi
 */
export type JobState = 'waiting' | 'delayed' | 'active' | 'succeeded' | 'failed' | 'dead' | 'cancelled';

/** @see JobState @publicApi */
export const FINAL_JOB_STATES: ReadonlySet<JobState> = new Set(['succeeded', 'failed', 'dead', 'cancelled']);

/** A job as it is handed in. Everything in it is JSON; bytes travel by reference through a `PayloadStore`. @publicApi */
export interface NewJob {
  /** Unique; a second job of the same id is not added. */
  readonly id: string;
  readonly kind: JobKind;
  /** The route it is for: method, path and version, as `routeKey` names it on every machine. */
  readonly route: string;
  readonly payload: unknown;
  readonly logId: string;
  readonly traceparent?: string;
  /** Name of the key that the request came with: nobody else sees the job. */
  readonly owner?: string;
  /** From 0, the default, to 1000; higher runs first. */
  readonly priority?: number;
  /** How long it waits before it may run. */
  readonly delayMs?: number;
  /** How often it is tried in all, at least 1. */
  readonly tries: number;
  /** Wait before the second try; doubled for each one after it. @default 1000 */
  readonly backoffMs?: number;
  /** When it is too late to begin or go on, in milliseconds since 1970. */
  readonly deadline?: number;
  /** How long its end is remembered. */
  readonly keepMs: number;
}

/** A job as its engine knows it now; times in milliseconds since 1970. @publicApi */
export interface JobSnapshot extends NewJob {
  readonly state: JobState;
  /** Tries begun so far. */
  readonly attempt: number;
  readonly createdAt: number;
  readonly startedAt?: number;
  readonly finishedAt?: number;
  /** What the work last told of itself, from 0 to 1 or any JSON. */
  readonly progress?: unknown;
  /** What the work gave, when it has succeeded or failed; of a dead job what its last try gave, if that was not a crash. */
  readonly result?: unknown;
  /** Why it is dead; for operators, never for clients. */
  readonly deadBecause?: string;
}

/** Something that happened to a job. Ids grow within one job, so that a reader can go on after the last one it saw. @publicApi */
export interface JobEvent {
  readonly id: string;
  readonly type: 'state' | 'progress' | 'item';
  /** The state, the progress, or an item of a streamed result. */
  readonly data: unknown;
  /** With a final state, the job's result, where the engine has it at hand; the snapshot has it anyway. */
  readonly result?: unknown;
}

/** How the work on a job ended, but for an error that asks for another try: that is thrown. @publicApi */
export interface JobOutcome {
  readonly state: 'succeeded' | 'failed';
  readonly result: unknown;
}

/** Thrown by work that asks for another try; `result` is what is kept when there is none left. @publicApi */
export class JobTryError extends Error {
  override readonly name = 'JobTryError';

  constructor(
    readonly result: unknown,
    cause: unknown,
  ) {
    super((cause as Error | undefined)?.message ?? 'another try is asked for', { cause });
  }
}
