import type { JobEvent, JobOutcome, JobSnapshot, NewJob } from './job.js';

/** What the work on a job may know and tell. @publicApi */
export interface JobRun {
  /** Fires when the job is cancelled, its deadline has passed, its lock is lost, or the process goes down. */
  readonly signal: AbortSignal;
  /** Which try this is, from 1. */
  readonly attempt: number;
  /** Tells progress, seen in the snapshot and as an event. */
  progress(progress: unknown): void;
  /** Adds an item of a streamed result; resolves when there is room for another (back-pressure). */
  item(item: unknown): Promise<void>;
}

/**
 * Does a job.
 * @throws anything that another try may mend; when the tries are used up the job is dead
 * @publicApi
 */
export type JobWork = (job: NewJob, run: JobRun) => Promise<JobOutcome>;

/** How much there is to do. @publicApi */
export interface JobBacklog {
  readonly waiting: number;
  readonly delayed: number;
  readonly active: number;
  /** How long the oldest of the waiting ones has waited, in milliseconds. */
  readonly oldestMs: number;
}

/** @publicApi */
export interface JobReading {
  /** Id of the last event that was seen; events after it follow. @default from the first one kept */
  readonly after?: string;
  /** Ends the reading. */
  readonly signal: AbortSignal;
}

/**
 * Keeps jobs and hands them to workers: at least once, so work must bear being done twice. Port of the jobs' API and of remote execution;
 * one engine keeps them in the process, another one on Redis, both held to the same contract.
 *
 * Every method rejects with a `WebServiceError` of status 503 (`jobs_unavailable`) when the engine can't be reached; nothing is done later
 * by surprise then.
 * @publicApi
 */
export abstract class JobEngine {
  /**
   * @returns whether it was added; `false` when a job of that id is known
   * @throws OverloadedError when the backlog is past its bound
   */
  abstract add(job: NewJob): Promise<boolean>;

  /** @returns `undefined` for an id that is unknown or forgotten */
  abstract find(id: string): Promise<JobSnapshot | undefined>;

  /** Calls a job off; of one at work the signal fires, wherever it runs. @returns whether there was anything to call off */
  abstract cancel(id: string): Promise<boolean>;

  /** Puts a failed, dead or cancelled job back with all its tries. @returns whether it was in such a state */
  abstract retry(id: string): Promise<boolean>;

  /** Events of a job, those kept and then those to come, until its final state has been told or the signal fires. */
  abstract events(id: string, reading: JobReading): AsyncIterable<JobEvent>;

  /** Begins to work on jobs of these routes; a process that only hands in never calls it. */
  abstract work(routes: readonly string[], concurrency: number, work: JobWork): void;

  abstract backlog(): Promise<JobBacklog>;

  /** Takes no more jobs; gives those at work `graceMs` to end and then back to others. */
  abstract close(graceMs: number): Promise<void>;
}
