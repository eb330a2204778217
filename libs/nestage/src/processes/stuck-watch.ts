import type { Clock } from '../common/clock.js';
import { seconds } from '../common/duration.js';
import type { SupervisedWorker } from './supervised-worker.js';

/** @internal */
export interface StuckWatchInit {
  readonly stuckAfterMs: number;
  readonly workers: () => readonly SupervisedWorker[];
  readonly clock: Clock;
  readonly onStuck: (worker: SupervisedWorker) => void;
}

const LOOK_MS = seconds(1);

/**
 * Finds workers that have been blocked for too long. One that has not been ready yet may load its model for as long as it takes. Time in
 * which this process itself stood still, such as a suspended machine, is held against nobody.
 * @internal
 */
export class StuckWatch {
  private cancel: () => void = () => undefined;

  constructor(private readonly init: StuckWatchInit) {}

  start(): void {
    const dueAt = this.init.clock.elapsed() + LOOK_MS;
    this.cancel = this.init.clock.schedule(LOOK_MS, () => {
      const lateMs = this.init.clock.elapsed() - dueAt;
      if (lateMs > LOOK_MS) for (const worker of this.init.workers()) worker.lastHeardAt += lateMs;
      this.look();
      this.start();
    });
  }

  stop(): void {
    this.cancel();
  }

  private look(): void {
    for (const worker of this.init.workers()) {
      if (worker.state === 'blocked' && worker.silentMs > this.init.stuckAfterMs) this.init.onStuck(worker);
    }
  }
}
