import { contextStorage } from '../../core/context/context-storage.js';
import type { JobWork } from '../../core/jobs/job-engine.js';
import type { NewJob } from '../../core/jobs/job.js';
import type { KeptJob } from './kept-job.js';
import type { WaitingLine } from './waiting-line.js';

/** Who does which jobs, and how many more at once. @internal */
export interface Worker {
  readonly takes: (job: NewJob) => boolean;
  readonly work: JobWork;
  free: number;
}

/**
 * Takes jobs from the line as places get free.
 * @internal
 */
export class Workers {
  private readonly workers: Worker[] = [];
  /** Every try that has not come to rest, those left behind included. */
  private readonly tries = new Set<Promise<void>>();
  private hasClosed = false;

  /** @param attempt takes one try of a job; never rejects */
  constructor(
    private readonly line: WaitingLine,
    private readonly attempt: (job: KeptJob, work: JobWork) => Promise<void>,
  ) {}

  get isClosed(): boolean {
    return this.hasClosed;
  }

  add(worker: Worker): void {
    this.workers.push(worker);
    this.begin();
  }

  /** Begins as much as there are places for. */
  begin(): void {
    for (const worker of this.hasClosed ? [] : this.workers) {
      while (worker.free > 0 && this.beginOne(worker));
    }
  }

  /** Nothing begins from now on. */
  close(): void {
    this.hasClosed = true;
  }

  /** Resolves when no try is under way any more, or when the limit is reached. */
  async rest(limit: (reached: () => void) => () => void): Promise<void> {
    if (this.tries.size === 0) return;
    await new Promise<void>((resolve) => {
      const cancel = limit(resolve);
      void Promise.all(this.tries).then(() => {
        cancel();
        resolve();
      });
    });
  }

  private beginOne(worker: Worker): boolean {
    const job = this.line.take(worker.takes);
    if (!job) return false;
    worker.free--;
    // Outside of the request that happened to free the place: its context is not the job's.
    const trying = contextStorage.exit(() => this.attempt(job, worker.work));
    this.tries.add(trying);
    void trying.then(() => {
      this.tries.delete(trying);
      worker.free++;
      this.begin();
    });
    return true;
  }
}
