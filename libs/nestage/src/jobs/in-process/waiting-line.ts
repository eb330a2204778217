import type { NewJob } from '../../core/jobs/job.js';
import type { KeptJob } from './kept-job.js';

/**
 * Jobs that may begin: those of higher priority first, and among equals in the order in which they came.
 * @internal
 */
export class WaitingLine {
  private readonly line: KeptJob[] = [];

  get length(): number {
    return this.line.length;
  }

  /** @param isFirst whether it stands before those of its priority, as one does that was begun already */
  add(job: KeptJob, isFirst = false): void {
    const priority = priorityOf(job);
    let [low, high] = [0, this.line.length];
    while (low < high) {
      const middle = (low + high) >>> 1;
      const other = priorityOf(this.line[middle]);
      if (other > priority || (other === priority && !isFirst)) low = middle + 1;
      else high = middle;
    }
    this.line.splice(low, 0, job);
  }

  /** Takes the first one that is wanted. */
  take(isWanted: (job: NewJob) => boolean): KeptJob | undefined {
    const index = this.line.findIndex(({ given }) => isWanted(given));
    return index < 0 ? undefined : this.line.splice(index, 1)[0];
  }

  remove(job: KeptJob): void {
    const index = this.line.indexOf(job);
    if (index >= 0) this.line.splice(index, 1);
  }

  /** Since when the one waits that has waited longest; `undefined` when none does. */
  oldestSince(): number | undefined {
    return this.line.length === 0 ? undefined : this.line.reduce((oldest, { waitingSince }) => Math.min(oldest, waitingSince), Infinity);
  }
}

const priorityOf = ({ given }: KeptJob): number => given.priority ?? 0;
