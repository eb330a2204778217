import { type Clock, systemClock } from '../../common/clock.js';
import { minutes } from '../../common/duration.js';
import { type AbortCause, RequestAbortedError } from '../../core/context/request-aborted.error.js';
import { RequestError } from '../../core/errors/service-errors.js';
import { type JobBacklog, JobEngine, type JobReading, type JobScope, type JobWork } from '../../core/jobs/job-engine.js';
import { type JobEvent, type JobOutcome, type JobSnapshot, JobTryError, type NewJob } from '../../core/jobs/job.js';
import { after } from './after.js';
import { JobMemory } from './job-memory.js';
import { KeptJob } from './kept-job.js';
import { WaitingLine } from './waiting-line.js';
import { Workers } from './workers.js';

/** @publicApi */
export interface InProcessJobEngineOptions {
  /** Most jobs that may wait, delayed ones included; more are refused. @default 1000 */
  readonly maxWaiting?: number;
  /** Most jobs that are over and remembered; beyond it the oldest goes before its time. @default 5000 */
  readonly maxFinished?: number;
  /** Events of a job that are kept at least, and how far its reader may lag. @default 256 */
  readonly eventsKept?: number;
}

/** How long work that ignores its signal is waited for at the end. */
const ABORT_GRACE_MS = 1000;

/**
 * Jobs in the memory of this process, for one machine without a server. They are lost with the process, results and what waits alike;
 * while it lives it keeps the promises of every engine.
 * @publicApi
 */
export class InProcessJobEngine extends JobEngine {
  private readonly jobs: JobMemory;
  private readonly line = new WaitingLine();
  private readonly delayed = new Set<KeptJob>();
  private readonly workers = new Workers(this.line, (job, work) => this.try(job, work));
  private readonly maxWaiting: number;
  private readonly eventsKept: number;

  constructor(
    { maxWaiting = 1000, maxFinished = 5000, eventsKept = 256 }: InProcessJobEngineOptions = {},
    private readonly clock: Clock = systemClock,
  ) {
    super();
    this.maxWaiting = maxWaiting;
    this.eventsKept = eventsKept;
    this.jobs = new JobMemory(maxFinished, clock);
  }

  async add(given: NewJob): Promise<boolean> {
    if (this.jobs.find(given.id)) return false;
    this.refuseBeyondBound();
    const job = new KeptJob(given, this.clock.now(), this.eventsKept);
    this.jobs.add(job);
    if (given.deadline !== undefined) job.cancelDeadline = after(this.clock, given.deadline - job.createdAt, () => this.passDeadline(job));
    this.wait(job, given.delayMs);
    return true;
  }

  async find(id: string): Promise<JobSnapshot | undefined> {
    return this.jobs.find(id)?.snapshot();
  }

  async cancel(id: string): Promise<boolean> {
    const job = this.jobs.find(id);
    if (!job || job.isOver) return false;
    this.stop(job, 'cancelled');
    this.finish(job, 'cancelled', {});
    return true;
  }

  async retry(id: string): Promise<boolean> {
    const job = this.jobs.find(id);
    if (!job || !job.isOver || job.state === 'succeeded') return false;
    this.jobs.unfinish(job);
    job.renew();
    this.wait(job);
    return true;
  }

  async *events(id: string, reading: JobReading): AsyncGenerator<JobEvent, void, void> {
    const job = this.jobs.find(id);
    if (job) yield* job.events.read(reading);
  }

  async forget(id: string): Promise<void> {
    const job = this.jobs.find(id);
    if (job?.isOver) this.jobs.forget(job);
  }

  work({ kind, routes, concurrency }: JobScope, work: JobWork): void {
    for (const route of routes) this.workers.add({ takes: (job) => job.kind === kind && job.route === route, work, free: concurrency });
  }

  async backlog(): Promise<JobBacklog> {
    return { waiting: this.line.length, delayed: this.delayed.size, active: this.jobs.active().length, oldestMs: this.oldestMs };
  }

  async close(graceMs: number): Promise<void> {
    this.workers.close();
    await this.workers.rest((done) => after(this.clock, graceMs, done));
    for (const job of this.jobs.active()) {
      this.stop(job, 'shutdown');
      job.attempt--;
      this.lineUp(job, true);
    }
    await this.workers.rest((done) => after(this.clock, ABORT_GRACE_MS, done));
    this.jobs.cancelTimers();
  }

  private get oldestMs(): number {
    const now = this.clock.now();
    return now - (this.line.oldestSince() ?? now);
  }

  private refuseBeyondBound(): void {
    if (this.workers.isClosed) throw new RequestError('The service is shutting down: its jobs would be lost', { code: 'shutting_down' });
    const waiting = this.line.length + this.delayed.size;
    if (waiting < this.maxWaiting) return;
    throw new RequestError(`${waiting} jobs wait, as many as may`, {
      code: 'overloaded',
      retryAfterSeconds: Math.max(1, Math.ceil(this.oldestMs / 1000)),
    });
  }

  private wait(job: KeptJob, delayMs = 0): void {
    if (delayMs <= 0) return this.lineUp(job);
    this.delayed.add(job);
    job.enter('delayed');
    job.cancelWait = after(this.clock, delayMs, () => {
      this.delayed.delete(job);
      this.lineUp(job);
    });
  }

  private lineUp(job: KeptJob, isFirst = false): void {
    job.waitingSince = this.clock.now();
    job.enter('waiting');
    this.line.add(job, isFirst);
    this.workers.begin();
  }

  private async try(job: KeptJob, work: JobWork): Promise<void> {
    const controller = new AbortController();
    const { signal } = controller;
    job.running = controller;
    job.attempt++;
    job.enter('active', { startedAt: this.clock.now() });
    const isCurrent = (): boolean => job.running === controller;
    try {
      const outcome = await work(job.given, {
        signal,
        attempt: job.attempt,
        progress: (progress) => isCurrent() && job.progress(progress),
        item: async (item) => {
          if (isCurrent()) await job.item(item, signal);
        },
      });
      if (isCurrent()) this.finish(job, outcome.state, { result: outcome.result });
    } catch (error) {
      if (isCurrent()) this.tryAgain(job, error);
    }
  }

  private tryAgain(job: KeptJob, error: unknown): void {
    const { tries, backoffMs = 1000 } = job.given;
    job.running = undefined;
    if (job.attempt < tries && !job.isLate) return this.wait(job, Math.min(minutes(1), backoffMs * 2 ** (job.attempt - 1)));
    const result = error instanceof JobTryError ? { result: error.result } : {};
    this.finish(job, 'dead', { ...result, deadBecause: String((error as Error | undefined)?.message ?? error) });
  }

  private passDeadline(job: KeptJob): void {
    job.isLate = true;
    if (job.state === 'active') return job.running?.abort(new RequestAbortedError('deadline'));
    if (job.isOver) return;
    this.finish(job, 'dead', { deadBecause: new RequestAbortedError('deadline').message });
  }

  /** Ends the try of a job, if one is under way; work that goes on is left behind. */
  private stop(job: KeptJob, cause: AbortCause): void {
    const { running } = job;
    job.running = undefined;
    running?.abort(new RequestAbortedError(cause));
  }

  private finish(
    job: KeptJob,
    state: JobOutcome['state'] | 'dead' | 'cancelled',
    facts: Pick<JobSnapshot, 'result' | 'deadBecause'>,
  ): void {
    this.line.remove(job);
    this.delayed.delete(job);
    job.running = undefined;
    job.enter(state, { ...facts, finishedAt: this.clock.now() });
    this.jobs.finish(job);
  }
}
