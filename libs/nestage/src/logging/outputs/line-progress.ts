/**
 * Counts lines as they come and as they are dealt with, in the same order, so that a flush can wait for those before it while others
 * go on writing.
 * @internal
 */
export class LineProgress {
  private taken = 0;
  private settled = 0;
  private waiters: { readonly upTo: number; readonly done: () => void }[] = [];

  take(count: number): void {
    this.taken += count;
  }

  /** So many further lines are on the disk or given back. */
  settle(count: number): void {
    this.settled += count;
    if (this.waiters.length === 0) return;
    const due = this.waiters.filter(({ upTo }) => upTo <= this.settled);
    this.waiters = this.waiters.filter(({ upTo }) => upTo > this.settled);
    for (const { done } of due) done();
  }

  /** Calls `done` when every line taken so far is settled, at once if it is. */
  whenSettled(done: () => void): void {
    if (this.settled >= this.taken) done();
    else this.waiters.push({ upTo: this.taken, done });
  }
}
