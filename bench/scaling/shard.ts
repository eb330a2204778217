import { Station } from './station.js';

/** A queue on a Redis of its own, and the workers that take from it. */
export class Shard {
  readonly redis = new Station(1);
  /** Own work of all workers so far. */
  workedMs = 0;
  waitingAtMost = 0;
  private readonly queue: number[] = [];
  private taken = 0;
  private idle: number;

  constructor(readonly workers: number) {
    this.idle = workers;
  }

  /** Jobs that wait for a worker. */
  get waiting(): number {
    return this.queue.length - this.taken;
  }

  /** Whether a worker is free for the job; else it waits for its turn. */
  take(job: number): boolean {
    if (this.idle > 0) {
      this.idle--;
      return true;
    }
    this.queue.push(job);
    this.waitingAtMost = Math.max(this.waitingAtMost, this.waiting);
    return false;
  }

  /** A worker is free again: for the job that has waited longest, if there is one. */
  release(): number | undefined {
    if (this.waiting > 0) return this.queue[this.taken++];
    this.idle++;
    return undefined;
  }
}
