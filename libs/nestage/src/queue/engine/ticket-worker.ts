import { Worker } from 'bullmq';
import type { BullJobData } from './bull-queues.js';

/** A worker of BullMQ that ends though Redis is away: `close()` would wait for it, its timers going on. @internal */
export class TicketWorker extends Worker<BullJobData, void> {
  /** Lets go of all that keeps the process alive. */
  async abandon(): Promise<void> {
    await this.lockManager.close();
    await this.pause(true); // stops looking for stalled jobs
  }
}
