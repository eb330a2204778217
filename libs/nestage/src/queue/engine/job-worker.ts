import { randomUUID } from 'node:crypto';
import { type Job, UnrecoverableError } from 'bullmq';
import type { Redis } from 'ioredis';
import { delay } from '../../common/abort.js';
import { seconds } from '../../common/duration.js';
import type { JobWork } from '../../core/jobs/job-engine.js';
import type { LogWriter } from '../../core/log/log-writer.js';
import type { RedisLink } from '../redis/redis-link.js';
import type { BullJobData } from './bull-queues.js';
import { EventOutbox } from './event-outbox.js';
import type { JobMessages } from './job-messages.js';
import type { JobRecords } from './job-records.js';
import { LINGER_MS, RunningJob, type TryEnd } from './running-job.js';
import { TicketWorker } from './ticket-worker.js';

/** What all workers of a process share. @internal */
export interface JobWorkerSetting {
  readonly link: RedisLink;
  /** The connection for their commands, which waits while Redis is away. */
  readonly redis: Redis;
  readonly records: JobRecords;
  readonly messages: JobMessages;
  readonly log: LogWriter;
  /** Prefix of BullMQ's own keys. */
  readonly prefix: string;
  readonly lockMs: number;
  readonly eventsKept: number;
}

/** @internal */
export interface JobWorkerInit {
  readonly queue: string;
  readonly concurrency: number;
  readonly work: JobWork;
}

const LOOK_MS = 50;
/** Redis is asked again for a job, after it has refused a step. */
const AFTER_FAILURE_MS = seconds(1);
/** How often a job is tried, and given to another worker, is for its record to say. */
const ANY_NUMBER = 1_000_000;
/** Dead jobs that dashboards of BullMQ show, at most, of one queue. */
const DEAD_SHOWN = { count: 1000, age: 86_400 };

interface RunningTry {
  readonly ticket: string | undefined;
  readonly job: RunningJob;
  outbox?: EventOutbox;
}

/** Thrown to BullMQ to have a job again. */
class TryAgainError extends Error {
  constructor(readonly delayMs: number) {
    super('another try');
  }
}

/**
 * Works on the jobs of one queue. BullMQ brings tickets, holds their locks and brings those of lost workers again; the record says whether
 * there is anything to do, and is written before BullMQ hears of an end.
 * @internal
 */
export class JobWorker {
  private readonly worker: TicketWorker;
  private readonly running = new Map<string, RunningTry>();
  private readonly told = new Set<string>();

  constructor(
    private readonly setting: JobWorkerSetting,
    private readonly init: JobWorkerInit,
  ) {
    const { redis, prefix, lockMs } = setting;
    this.worker = new TicketWorker(init.queue, (job) => this.process(job), {
      connection: redis,
      prefix,
      concurrency: init.concurrency,
      // A lock that is lost just after it was renewed is noticed by the next check: all within lockMs.
      lockDuration: Math.ceil((lockMs * 2) / 3),
      stalledInterval: Math.ceil(lockMs / 3),
      maxStalledCount: ANY_NUMBER,
      runRetryDelay: AFTER_FAILURE_MS,
      removeOnComplete: { count: 0 },
      removeOnFail: DEAD_SHOWN,
      settings: { backoffStrategy: (_attempts, _type, error) => (error instanceof TryAgainError ? error.delayMs : AFTER_FAILURE_MS) },
    });
    this.worker.on('error', (error) => this.tell(error));
    this.worker.on('lockRenewalFailed', (tickets) => this.lose(tickets));
  }

  /** Fires the signal of a try that was called off. */
  cancel(token: string): void {
    this.running.get(token)?.job.abort('cancelled');
  }

  /** Looks whether what runs has been called off, as that may have been missed. */
  look(): void {
    for (const { outbox } of this.running.values()) outbox?.look().catch(() => undefined); // Redis is away: looked at again when it is back
  }

  /**
   * Takes no more jobs; those at work may end within `graceMs` and are given back then. While Redis is away they are left to their locks,
   * which run out.
   */
  async close(graceMs: number): Promise<void> {
    const timer = setTimeout(() => {
      for (const { job } of this.running.values()) job.abort('shutdown');
    }, graceMs);
    const closing = new AbortController();
    const abandoning = this.longestClose(graceMs, closing.signal).then(() => this.worker.abandon());
    await Promise.race([this.worker.close(), abandoning]);
    closing.abort();
    clearTimeout(timer);
  }

  /** Resolves when BullMQ has had its time to close: it would wait for Redis for ever. */
  private async longestClose(graceMs: number, signal: AbortSignal): Promise<void> {
    const endsAt = performance.now() + graceMs + LINGER_MS;
    while (this.running.size > 0 && performance.now() < endsAt) await delay(LOOK_MS, signal);
    await delay(this.setting.link.commandTimeoutMs, signal);
  }

  private async process({ id: ticket, data: { id }, opts }: Job<BullJobData, void>): Promise<void> {
    Object.assign(opts, { attempts: ANY_NUMBER, backoff: { type: 'custom' } }); // of each ticket, so it need not be in Redis
    const { records, redis, eventsKept, messages } = this.setting;
    const token = randomUUID();
    const job = new RunningJob();
    const running: RunningTry = { ticket, job };
    this.running.set(token, running);
    try {
      const begun = await records.begin(redis, { id, ticket: ticket ?? '' }, { token, process: messages.process });
      if (typeof begun === 'string') throw new UnrecoverableError(begun);
      if (!begun) return;
      this.told.clear();
      const onOutdated = (): void => job.abort('cancelled');
      running.outbox = new EventOutbox({ id, token, redis, records, messages, eventsKept, signal: job.signal, onOutdated });
      await this.conclude(id, token, await job.run(begun, this.init.work, running.outbox));
    } finally {
      this.running.delete(token);
    }
  }

  /** @throws TryAgainError, UnrecoverableError to BullMQ */
  private async conclude(id: string, token: string, end: TryEnd): Promise<void> {
    const { records, redis } = this.setting;
    switch (end.kind) {
      case 'settle':
        await records.settle(redis, id, token, end.outcome);
        return;
      case 'die':
        await records.settle(redis, id, token, { state: 'dead', result: end.result, because: end.because });
        throw new UnrecoverableError(end.because);
      case 'retry':
        await records.release(redis, id, token, { delayMs: end.delayMs, isTry: true });
        throw new TryAgainError(end.delayMs);
      case 'return':
        await records.release(redis, id, token, { delayMs: 0, isTry: false });
        throw new TryAgainError(0);
      case 'drop':
    }
  }

  private lose(tickets: readonly string[]): void {
    for (const { ticket, job } of this.running.values()) if (ticket && tickets.includes(ticket)) job.abort('shutdown');
  }

  /** Each kind of trouble is told once, until a job has begun again; an outage is told by the link. */
  private tell({ message }: Error): void {
    const [kind] = message.split(' ', 1);
    if (!this.setting.link.isUp || this.told.has(kind) || /Connection is closed|ECONN|Socket timeout/.test(message)) return;
    this.told.add(kind);
    this.setting.log.write('WARNING', `Queue "${this.init.queue}": ${message}`);
  }
}
