import type { Redis } from 'ioredis';
import { RequestError } from '../../core/errors/service-errors.js';
import type { NewJob } from '../../core/jobs/job.js';
import type { RedisLink } from '../redis/redis-link.js';
import { type BullQueues, queueName } from './bull-queues.js';
import { type JobRecords, newTicket } from './job-records.js';
import type { CreationLimits, JobTicket } from './job-records.types.js';

/** @internal */
export interface TicketOfficeInit {
  readonly link: RedisLink;
  readonly records: JobRecords;
  readonly queues: BullQueues;
  /** Most jobs that may wait in one queue. */
  readonly maxBacklog: number;
  readonly commandTimeoutMs: number;
}

/**
 * Hands jobs in: first the record, then the ticket. A job whose adding has failed is taken back, should it have been added all the same:
 * whoever asked has been told that it failed.
 * @internal
 */
export class TicketOffice {
  private readonly doubtful = new Set<Pick<JobTicket, 'id' | 'ticket'>>();

  constructor(private readonly init: TicketOfficeInit) {
    init.link.whenReady(() => this.withdrawDoubtful());
  }

  /**
   * @param reader who is to hear of the job from the first on
   * @returns whether it was added; `false` when a job of that id is known
   * @throws RequestError `overloaded`, `jobs_unavailable`
   */
  async handIn(job: NewJob, reader?: string): Promise<boolean> {
    const { link, maxBacklog, commandTimeoutMs } = this.init;
    const ticket: JobTicket = {
      id: job.id,
      ticket: newTicket(),
      queue: queueName(job.kind, job.route),
      job,
      ...(reader && { reader }),
    };
    const limits = { most: maxBacklog, withinMs: commandTimeoutMs };
    const oldestMs = await link.attempt(async (redis) => {
      if (!link.isUp) throw new Error(link.fault);
      try {
        return await this.add(redis, ticket, limits);
      } catch (error) {
        this.doubtful.add({ id: ticket.id, ticket: ticket.ticket });
        if (link.isUp) this.withdrawDoubtful();
        throw error;
      }
    });
    if (typeof oldestMs === 'boolean') return oldestMs;
    throw new RequestError(`${maxBacklog} jobs of ${job.route} wait already`, {
      code: 'overloaded',
      retryAfterSeconds: Math.max(1, oldestMs / 1000),
    });
  }

  /** @returns whether it was added, or how long the oldest has waited where no more may */
  private async add(redis: Redis, ticket: JobTicket, limits: CreationLimits): Promise<boolean | number> {
    const creation = await this.init.records.create(redis, ticket, limits);
    if (creation.outcome === 'late') throw new Error('the order to add the job came too late');
    if (creation.outcome === 'full') return creation.oldestMs;
    if (creation.outcome === 'added') await this.init.queues.add(ticket);
    if (creation.outcome === 'known' && creation.isWaiting) await this.init.queues.add({ ...ticket, ticket: creation.ticket });
    return creation.outcome === 'added';
  }

  /** Takes back what may have been added although its answer was lost: whoever asked has been told that it failed. */
  private withdrawDoubtful(): void {
    for (const ticket of this.doubtful) {
      this.doubtful.delete(ticket);
      this.init.records.withdraw(this.init.link.commands, ticket).catch(() => this.doubtful.add(ticket));
    }
  }
}
