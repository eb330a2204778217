import type { JobEvent, JobKind, JobOutcome, JobSnapshot, NewJob } from './job.js';

/** What the work on a job may know and tell. @publicApi */
export interface JobRun {
  /**
   * Fires when the job is cancelled, its deadline has passed, its lock is lost, or the process goes down; its reason is a
   * `RequestAbortedError` with the cause `cancelled`, `deadline` or `shutdown`.
   */
  readonly signal: AbortSignal;
  /** Which try this is, from 1. */
  readonly attempt: number;
  /** Tells progress, seen in the snapshot and as an event. */
  progress(progress: unknown): void;
  /**
   * Adds an item of a streamed result. Resolves when there is room for another: while somebody reads the events, not before the reader is
   * less than `eventsKept` of the engine behind, so that it misses none. Nobody has to read: what is older is dropped then.
   */
  item(item: unknown): Promise<void>;
}

/**
 * Does a job.
 * @throws anything that another try may mend, a `JobTryError` to leave a result behind; when the tries are used up the job is dead. What
 * is thrown once the signal has fired is no failure: a cancelled job stays cancelled, one past its deadline is dead, and at a shutdown it
 * goes back with its tries as they were
 * @publicApi
 */
export type JobWork = (job: NewJob, run: JobRun) => Promise<JobOutcome>;

/** Which jobs a process works on. Each kind of each route has a queue of its own, so that none waits behind another. @publicApi */
export interface JobScope {
  readonly kind: JobKind;
  readonly routes: readonly string[];
  /** How many of each route it works on at once. */
  readonly concurrency: number;
}

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
  /** Id of the last event that was seen; events after it follow. What is the id of none counts as not given. @default from the first one kept */
  readonly after?: string;
  /** Looks on without holding the work up, and so may miss items when it is slow. @default false */
  readonly isOnlooker?: boolean;
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
   * @throws WebServiceError `overloaded`, with Retry-After, when as many wait as may
   */
  abstract add(job: NewJob): Promise<boolean>;

  /** As `add`, and reads the events from the first one on: an engine may do both at once. */
  async addAndRead(job: NewJob, reading: Omit<JobReading, 'after'>): Promise<AsyncIterable<JobEvent>> {
    await this.add(job);
    return this.events(job.id, reading);
  }

  /** @returns `undefined` for an id that is unknown or forgotten */
  abstract find(id: string): Promise<JobSnapshot | undefined>;

  /**
   * Calls a job off: one that waits never begins, of one at work the signal fires, wherever it runs. It is `cancelled` soon after.
   * @returns whether there was anything to call off
   */
  abstract cancel(id: string): Promise<boolean>;

  /** Puts a failed, dead or cancelled job back with all its tries, its events going on. @returns whether it was in such a state */
  abstract retry(id: string): Promise<boolean>;

  /**
   * Events of a job, those kept and then those to come, until its final state has been told or the signal fires. The first `state` is told
   * when it is added. Of a job that is unknown there are none.
   */
  abstract events(id: string, reading: JobReading): AsyncIterable<JobEvent>;

  /** Forgets a job that has ended, with its events and before its time. */
  abstract forget(id: string): Promise<void>;

  /** Begins to work on jobs; called once for each kind of a route. An engine of a process that only hands in does nothing here. */
  abstract work(scope: JobScope, work: JobWork): void;

  abstract backlog(): Promise<JobBacklog>;

  /** Takes no more jobs; gives those at work `graceMs` to end and then back to others. */
  abstract close(graceMs: number): Promise<void>;
}
