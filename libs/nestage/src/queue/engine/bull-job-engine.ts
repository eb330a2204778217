import type { Redis } from 'ioredis';
import { type Clock, systemClock } from '../../common/clock.js';
import { seconds } from '../../common/duration.js';
import { RequestError } from '../../core/errors/service-errors.js';
import { type JobBacklog, JobEngine, type JobReading, type JobScope, type JobWork } from '../../core/jobs/job-engine.js';
import type { JobEvent, JobSnapshot, NewJob } from '../../core/jobs/job.js';
import type { LogWriter } from '../../core/log/log-writer.js';
import type { RedisLink } from '../redis/redis-link.js';
import { BullQueues, queueName } from './bull-queues.js';
import { JobMessages } from './job-messages.js';
import { readEvents } from './job-reading.js';
import { JobRecords, newTicket } from './job-records.js';
import type { CreationLimits, JobTicket } from './job-records.types.js';
import { JobWorker, type JobWorkerSetting } from './job-worker.js';

/** @internal */
export interface BullJobEngineInit {
  readonly link: RedisLink;
  readonly log: LogWriter;
  readonly prefix: string;
  /** Whether this process works on jobs. */
  readonly isWorker: boolean;
  /** After how long a lost worker's jobs run again, at the latest. */
  readonly lockMs: number;
  /** Most jobs that may wait in one queue. */
  readonly maxBacklog: number;
  readonly eventsKept: number;
  readonly commandTimeoutMs: number;
  /** @default systemClock */
  readonly clock?: Clock;
}

/** An answer takes this long at most: BullMQ blocks for ten seconds. */
const WORKER_SILENCE_MS = seconds(20);
/** After so long a job that waits is looked at: whoever added it may have been lost before BullMQ had it. */
const LONG_WAIT_MS = seconds(30);

/**
 * Jobs on Redis: BullMQ hands them to the workers of any number of processes.
 * @internal
 */
export class BullJobEngine extends JobEngine {
  private readonly records: JobRecords;
  private readonly queues: BullQueues;
  private readonly messages: JobMessages;
  private readonly workers: JobWorker[] = [];
  private readonly doubtful = new Set<JobTicket>();
  private setting: JobWorkerSetting | undefined;
  private stopSweeping: () => void = () => undefined;
  private isClosed = false;

  constructor(private readonly init: BullJobEngineInit) {
    super();
    const { link, log, prefix, eventsKept } = init;
    this.records = new JobRecords({ prefix, eventsKept, time: link.time });
    this.queues = new BullQueues(link, `${prefix}:bull`);
    this.messages = new JobMessages({ link, log, prefix });
    link.whenReady(() => this.withdrawDoubtful());
  }

  async add(job: NewJob): Promise<boolean> {
    const { link, maxBacklog, commandTimeoutMs } = this.init;
    const ticket: JobTicket = { id: job.id, ticket: newTicket(job.id), queue: queueName(job.kind, job.route), job };
    const limits = { most: maxBacklog, withinMs: commandTimeoutMs };
    const oldestMs = await link.attempt(async (redis) => {
      if (!link.isUp) throw new Error(link.fault);
      try {
        return await this.handIn(redis, ticket, limits);
      } catch (error) {
        this.doubtful.add(ticket);
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

  async find(id: string): Promise<JobSnapshot | undefined> {
    return this.init.link.attempt((redis) => this.records.find(redis, id));
  }

  async cancel(id: string): Promise<boolean> {
    return this.init.link.attempt(async (redis) => {
      const ticket = await this.records.cancel(redis, id);
      if (ticket) await this.queues.remove(ticket);
      return ticket !== undefined;
    });
  }

  async retry(id: string): Promise<boolean> {
    return this.init.link.attempt(async (redis) => {
      const ticket = await this.records.retry(redis, id);
      if (ticket) await this.queues.add({ ...ticket, job: { ...ticket.job, delayMs: 0 } });
      return ticket !== undefined;
    });
  }

  events(id: string, reading: JobReading): AsyncIterable<JobEvent> {
    const { link, eventsKept } = this.init;
    return readEvents({ ...reading, id, link, records: this.records, messages: this.messages, eventsKept });
  }

  async forget(id: string): Promise<void> {
    await this.init.link.attempt((redis) => this.records.forget(redis, id));
  }

  work({ kind, routes, concurrency }: JobScope, work: JobWork): void {
    if (!this.init.isWorker || this.isClosed) return;
    this.setting ??= this.beginWork();
    for (const route of routes) this.workers.push(new JobWorker(this.setting, { queue: queueName(kind, route), concurrency, work }));
  }

  async backlog(): Promise<JobBacklog> {
    return this.init.link.attempt((redis) => this.records.backlog(redis));
  }

  async close(graceMs: number): Promise<void> {
    this.isClosed = true;
    this.stopSweeping();
    await Promise.all(this.workers.map((worker) => worker.close(graceMs)));
    this.messages.close();
    await this.queues.close();
  }

  /** @returns whether it was added, or how long the oldest has waited where no more may */
  private async handIn(redis: Redis, ticket: JobTicket, limits: CreationLimits): Promise<boolean | number> {
    const creation = await this.records.create(redis, ticket, limits);
    if (creation.outcome === 'late') throw new Error('the order to add the job came too late');
    if (creation.outcome === 'full') return creation.oldestMs;
    if (creation.outcome === 'added') await this.queues.add(ticket);
    if (creation.outcome === 'known' && creation.isWaiting) await this.queues.add({ ...ticket, ticket: creation.ticket });
    return creation.outcome === 'added';
  }

  private beginWork(): JobWorkerSetting {
    const { link, log, prefix, lockMs, eventsKept, clock = systemClock } = this.init;
    this.followCancels();
    const sweep = (): void => {
      void this.sweep();
      this.stopSweeping = clock.schedule(LONG_WAIT_MS, sweep);
    };
    this.stopSweeping = clock.schedule(LONG_WAIT_MS, sweep);
    const redis = link.waitingConnection('worker', WORKER_SILENCE_MS);
    return { link, redis, records: this.records, messages: this.messages, log, prefix: `${prefix}:bull`, lockMs, eventsKept };
  }

  private followCancels(): void {
    this.messages.listen('cancel', (token: string) => {
      for (const worker of this.workers) worker.cancel(token);
    });
    this.messages.whenBack(() => {
      for (const worker of this.workers) worker.look();
    });
  }

  /** Gives a ticket to whatever has waited for long without: one that BullMQ knows is not added twice. */
  private async sweep(): Promise<void> {
    const { link } = this.init;
    if (!link.isUp) return;
    try {
      for (const ticket of await this.records.longWaiting(link.commands, LONG_WAIT_MS)) await this.queues.add(ticket);
    } catch {
      // Redis went away: the next turn looks again
    }
  }

  /** Takes back what may have been added although its answer was lost: whoever asked has been told that it failed. */
  private withdrawDoubtful(): void {
    for (const ticket of this.doubtful) {
      this.doubtful.delete(ticket);
      this.records.withdraw(this.init.link.commands, ticket).catch(() => this.doubtful.add(ticket));
    }
  }
}
