import { type Clock, systemClock } from '../../common/clock.js';
import { seconds } from '../../common/duration.js';
import { type JobBacklog, JobEngine, type JobReading, type JobScope, type JobWork } from '../../core/jobs/job-engine.js';
import type { JobEvent, JobSnapshot, NewJob } from '../../core/jobs/job.js';
import type { LogWriter } from '../../core/log/log-writer.js';
import type { RedisLink } from '../redis/redis-link.js';
import { BullQueues, queueName } from './bull-queues.js';
import { EventInbox } from './event-inbox.js';
import { JobMessages } from './job-messages.js';
import { eventsOf, type JobReadingInit, readEvents } from './job-reading.js';
import { JobRecords } from './job-records.js';
import { JobWorker, type JobWorkerSetting } from './job-worker.js';
import { TicketOffice } from './ticket-office.js';

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
  private readonly office: TicketOffice;
  private setting: JobWorkerSetting | undefined;
  private stopSweeping: () => void = () => undefined;
  private isClosed = false;

  constructor(private readonly init: BullJobEngineInit) {
    super();
    const { link, log, prefix, eventsKept, maxBacklog, commandTimeoutMs } = init;
    this.records = new JobRecords({ prefix, eventsKept, time: link.time });
    this.queues = new BullQueues(link, `${prefix}:bull`);
    this.messages = new JobMessages({ link, log, prefix });
    this.office = new TicketOffice({ link, records: this.records, queues: this.queues, maxBacklog, commandTimeoutMs });
  }

  add(job: NewJob): Promise<boolean> {
    return this.office.handIn(job);
  }

  override async addAndRead(job: NewJob, reading: JobReading): Promise<AsyncIterable<JobEvent>> {
    const inbox = new EventInbox(this.readingOf(job.id, reading), 0);
    inbox.hear(1, [job.delayMs ? 'state "delayed"' : 'state "waiting"']);
    try {
      if (await this.office.handIn(job, inbox.name)) return eventsOf(inbox);
    } catch (error) {
      inbox.end();
      throw error;
    }
    inbox.end();
    return this.events(job.id, reading);
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
    return readEvents(this.readingOf(id, reading));
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

  private readingOf(id: string, reading: JobReading): JobReadingInit {
    const { link, eventsKept } = this.init;
    return { ...reading, id, link, records: this.records, messages: this.messages, eventsKept };
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
}
