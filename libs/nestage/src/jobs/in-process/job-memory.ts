import type { Clock } from '../../common/clock.js';
import { after } from './after.js';
import type { KeptJob } from './kept-job.js';

/**
 * All jobs by their ids. Those that are over are forgotten with their time, or before it when there are too many.
 * @internal
 */
export class JobMemory {
  private readonly jobs = new Map<string, KeptJob>();
  /** In the order of their ends. */
  private readonly finished = new Set<KeptJob>();

  /** @param maxFinished most that are over and remembered */
  constructor(
    private readonly maxFinished: number,
    private readonly clock: Clock,
  ) {}

  add(job: KeptJob): void {
    this.jobs.set(job.given.id, job);
  }

  find(id: string): KeptJob | undefined {
    return this.jobs.get(id);
  }

  /** The time of its memory begins: the job is over. */
  finish(job: KeptJob): void {
    this.finished.add(job);
    job.cancelWait = after(this.clock, job.given.keepMs, () => this.forget(job));
    if (this.finished.size <= this.maxFinished) return;
    const [oldest] = this.finished;
    this.forget(oldest);
  }

  /** The job begins anew. */
  unfinish(job: KeptJob): void {
    this.finished.delete(job);
  }

  forget(job: KeptJob): void {
    job.cancelTimers();
    this.finished.delete(job);
    this.jobs.delete(job.given.id);
  }

  active(): readonly KeptJob[] {
    return [...this.jobs.values()].filter(({ state }) => state === 'active');
  }

  cancelTimers(): void {
    for (const job of this.jobs.values()) job.cancelTimers();
  }
}
