import { FINAL_JOB_STATES, type JobSnapshot, type JobState, type NewJob } from '../../core/jobs/job.js';
import { JobEventLog } from './job-event-log.js';

/** What is learned of a job while it lives. @internal */
export type JobFacts = Partial<Pick<JobSnapshot, 'result' | 'deadBecause' | 'startedAt' | 'finishedAt' | 'progress'>>;

/**
 * A job in memory: what was asked for, where it stands, and what happened to it.
 * @internal
 */
export class KeptJob {
  readonly events: JobEventLog;
  attempt = 0;
  /** Since when it waits, in milliseconds since 1970. */
  waitingSince: number;
  /** Whether its deadline has passed. */
  isLate = false;
  /** Fires the signal of the try under way; a try whose controller is not this one has been left behind. */
  running: AbortController | undefined;
  /** Ends the wait for what comes by itself: the end of a delay, or of its memory. */
  cancelWait: () => void = () => undefined;
  cancelDeadline: () => void = () => undefined;
  private current: JobState = 'waiting';
  private facts: JobFacts = {};

  constructor(
    readonly given: NewJob,
    readonly createdAt: number,
    eventsKept: number,
  ) {
    this.waitingSince = createdAt;
    this.events = new JobEventLog(eventsKept);
  }

  get state(): JobState {
    return this.current;
  }

  get isOver(): boolean {
    return FINAL_JOB_STATES.has(this.current);
  }

  /** Enters a state and tells it; what was waited for in the last one is no longer wanted. */
  enter(state: JobState, facts: JobFacts = {}): void {
    this.cancelWait();
    this.current = state;
    this.facts = { ...this.facts, ...facts };
    this.events.add('state', state);
    this.events.end(this.isOver);
  }

  progress(progress: unknown): void {
    this.facts = { ...this.facts, progress };
    this.events.add('progress', progress);
  }

  async item(item: unknown, signal: AbortSignal): Promise<void> {
    this.events.add('item', item);
    await this.events.whenRoom(signal);
  }

  /** Forgets what its tries have led to. */
  renew(): void {
    this.attempt = 0;
    this.facts = {};
  }

  cancelTimers(): void {
    this.cancelWait();
    this.cancelDeadline();
  }

  snapshot(): JobSnapshot {
    const { given, state, attempt, createdAt, facts } = this;
    return { ...given, state, attempt, createdAt, ...facts };
  }
}
