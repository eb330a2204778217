import { Queue } from 'bullmq';
import type { RedisLink } from '../redis/redis-link.js';
import type { JobTicket } from './job-records.types.js';

/** What BullMQ carries of a job: where its record is. @internal */
export interface BullJobData {
  readonly id: string;
}

/** BullMQ takes a job with less of it first, and priorities from 0 to 1000 are the other way round. */
const LEAST_PRIORITY = 1001;
/** How often a job may be put back is for its record to say. */
const ANY_NUMBER = 1_000_000;
/** Dead jobs that dashboards of BullMQ show, at most, of one queue. */
const MOST_DEAD_SHOWN = 1000;
/** BullMQ tells its own events for its dashboards only. */
const OWN_EVENTS_KEPT = 100;

/**
 * The queues of BullMQ, as a process has them that hands jobs in. Each exists from its first job on.
 * @internal
 */
export class BullQueues {
  private readonly open = new Map<string, Queue<BullJobData>>();

  constructor(
    private readonly link: RedisLink,
    private readonly prefix: string,
  ) {}

  /** Hands a ticket in; a second time it does nothing. */
  async add({ id, ticket, queue, job }: JobTicket): Promise<void> {
    const target = await this.of(queue);
    await target.add(
      job.kind,
      { id },
      {
        jobId: ticket,
        priority: LEAST_PRIORITY - (job.priority ?? 0),
        delay: job.delayMs ?? 0,
        attempts: ANY_NUMBER,
        backoff: { type: 'custom' },
        removeOnComplete: true,
        removeOnFail: { age: Math.ceil(job.keepMs / 1000), count: MOST_DEAD_SHOWN },
      },
    );
  }

  /** Takes a ticket out that nobody works on. */
  async remove({ ticket, queue }: Pick<JobTicket, 'ticket' | 'queue'>): Promise<void> {
    const target = await this.of(queue);
    await target.remove(ticket);
  }

  async close(): Promise<void> {
    await Promise.all([...this.open.values()].map((queue) => queue.close()));
  }

  /** One that was begun while Redis was away stays broken, and is begun anew. */
  private async of(name: string): Promise<Queue<BullJobData>> {
    const known = this.open.get(name);
    if (known) return known;
    const queue = new Queue<BullJobData>(name, {
      connection: this.link.commands,
      prefix: this.prefix,
      skipWaitingForReady: true,
      skipMetasUpdate: true,
      streams: { events: { maxLen: OWN_EVENTS_KEPT } },
    });
    queue.on('error', () => undefined); // whoever asked is told
    await queue.waitUntilReady();
    this.open.set(name, queue);
    return queue;
  }
}

/** Name of the queue of one kind of jobs of one route; BullMQ bars colons. @internal */
export const queueName = (kind: string, route: string): string => `${kind} ${route}`.replaceAll(':', '%3A');
