import { Queue } from 'bullmq';
import type { RedisLink } from '../redis/redis-link.js';
import type { JobTicket } from './job-records.types.js';

/** What BullMQ carries of a job: where its record is. @internal */
export interface BullJobData {
  readonly id: string;
}

/** BullMQ takes a job with less of it first, and priorities from 0 to 1000 are the other way round. */
const LEAST_PRIORITY = 1001;
/** BullMQ tells its own events, for its dashboards only. */
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

  /** Hands a ticket in; a second time it does nothing. Its options are few and short, so that Redis packs it closely: workers have the others. */
  async add({ id, ticket, queue, job }: JobTicket): Promise<void> {
    const target = await this.of(queue);
    const options = { jobId: ticket, priority: LEAST_PRIORITY - (job.priority ?? 0), ...(job.delayMs && { delay: job.delayMs }) };
    await target.add(job.kind, { id }, options);
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
