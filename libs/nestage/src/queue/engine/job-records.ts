import { randomBytes } from 'node:crypto';
import type { Redis } from 'ioredis';
import type { JobBacklog } from '../../core/jobs/job-engine.js';
import { FINAL_JOB_STATES, type JobSnapshot, type JobState, type NewJob } from '../../core/jobs/job.js';
import type { RedisClock } from '../redis/redis-clock.js';
import type { RedisScript } from '../redis/redis-script.js';
import * as life from './scripts/life-scripts.js';
import * as look from './scripts/look-scripts.js';

/** What BullMQ is to hand out for a job. @internal */
export interface JobTicket {
  readonly id: string;
  readonly ticket: string;
  readonly queue: string;
  readonly job: NewJob;
}

/** @internal */
export type Creation =
  | { readonly outcome: 'added' | 'late' }
  /** `isWaiting`: it should have a ticket, and has one unless whoever added it was lost on the way. */
  | { readonly outcome: 'known'; readonly ticket: string; readonly isWaiting: boolean }
  | { readonly outcome: 'full'; readonly oldestMs: number };

/** @internal */
export interface CreationLimits {
  /** Jobs that may wait in a queue. */
  readonly most: number;
  /** How long the order may be on its way. */
  readonly withinMs: number;
}

/** A try that has begun. @internal */
export interface BegunTry {
  readonly job: NewJob;
  readonly attempt: number;
}

/** A reading that begins, in numbers of events. @internal */
export interface OpenReading {
  readonly isOver: boolean;
  readonly last: number;
  readonly seen: number;
}

/** An event as it is told: its type and its data as JSON. @internal */
export type ToldEvent = readonly [type: 'progress' | 'item', data: string];

/** @internal */
export interface JobRecordsInit {
  readonly prefix: string;
  readonly eventsKept: number;
  readonly time: RedisClock;
}

/** The records of jobs in Redis, one step of their lives a method. Each takes the connection that it goes over. @internal */
export class JobRecords {
  constructor(private readonly init: JobRecordsInit) {}

  eventsKey(id: string): string {
    return `${this.init.prefix}:events:${id}`;
  }

  acksKey(id: string): string {
    return `${this.init.prefix}:acks:${id}`;
  }

  get cancelsKey(): string {
    return `${this.init.prefix}:cancels`;
  }

  async create(redis: Redis, { id, ticket, queue, job }: JobTicket, limits: CreationLimits): Promise<Creation> {
    const { time } = this.init;
    const deadline = job.deadline === undefined ? '' : time.ofLocal(job.deadline);
    const args = [ticket, JSON.stringify(job), queue, job.keepMs, job.delayMs ?? 0, job.tries, deadline, limits.most];
    const [outcome, first, state] = (await this.run(life.CREATE, redis, id, [...args, time.now() + limits.withinMs])) as [
      Creation['outcome'],
      string,
      JobState,
    ];
    if (outcome === 'known') return { outcome, ticket: first, isWaiting: state === 'waiting' || state === 'delayed' };
    return outcome === 'full' ? { outcome, oldestMs: Number(first) } : { outcome };
  }

  async withdraw(redis: Redis, { id, ticket }: JobTicket): Promise<void> {
    await this.run(life.WITHDRAW, redis, id, [ticket]);
  }

  /** @returns `undefined` when there is nothing to do; a reason where the job died of being begun */
  async begin(redis: Redis, { id, ticket }: Pick<JobTicket, 'id' | 'ticket'>, token: string): Promise<BegunTry | string | undefined> {
    const [kind, first, job, deadline] = (await this.run(life.BEGIN, redis, id, [ticket, token])) as [string, unknown, string, string];
    if (kind === 'over') return first as string | undefined;
    return { attempt: first as number, job: this.withDeadline(JSON.parse(job) as NewJob, deadline) };
  }

  async append(redis: Redis, id: string, token: string, before: number, events: readonly ToldEvent[]): Promise<number> {
    return (await this.run(life.APPEND, redis, id, [token, before, ...events.flat()])) as number;
  }

  async settle(redis: Redis, id: string, token: string, end: { state: JobState; result?: unknown; because?: string }): Promise<boolean> {
    const args = [token, end.state, end.result === undefined ? '' : JSON.stringify(end.result), end.because ?? ''];
    return (await this.run(life.SETTLE, redis, id, args)) === 1;
  }

  async release(redis: Redis, id: string, token: string, { delayMs, isTry }: { delayMs: number; isTry: boolean }): Promise<void> {
    await this.run(life.RELEASE, redis, id, [token, delayMs, isTry ? 1 : 0]);
  }

  /** @returns what BullMQ still holds of it, or `undefined` when there was nothing to call off */
  async cancel(redis: Redis, id: string): Promise<Pick<JobTicket, 'ticket' | 'queue'> | undefined> {
    const found = (await this.run(life.CANCEL, redis, id, [])) as [string, string] | null;
    return found ? { ticket: found[0], queue: found[1] } : undefined;
  }

  async retry(redis: Redis, id: string): Promise<JobTicket | undefined> {
    const ticket = newTicket(id);
    const found = (await this.run(life.RETRY, redis, id, [ticket])) as [string, string] | null;
    return found ? { id, ticket, queue: found[0], job: JSON.parse(found[1]) as NewJob } : undefined;
  }

  /**
   * @param reader `undefined` for one that the work need not wait for
   * @returns whether the job is over, the number of its last event, and that of the one to go on after; `undefined` for an unknown one
   */
  async openReading(redis: Redis, id: string, reader: string | undefined, seen: number): Promise<OpenReading | undefined> {
    const found = (await this.run(look.OPEN_READING, redis, id, [reader ?? '', seen])) as [JobState, number, number] | null;
    return found ? { isOver: FINAL_JOB_STATES.has(found[0]), last: found[1], seen: found[2] } : undefined;
  }

  async acknowledge(redis: Redis, id: string, reader: string, seen: number | 'left'): Promise<void> {
    await this.run(look.ACKNOWLEDGE, redis, id, [reader, seen]);
  }

  async forget(redis: Redis, id: string): Promise<void> {
    await this.run(look.FORGET, redis, id, []);
  }

  async backlog(redis: Redis): Promise<JobBacklog> {
    const [waiting, delayed, active, oldestMs] = (await this.run(look.BACKLOG, redis, '', [])) as [number, number, number, number];
    return { waiting, delayed, active, oldestMs };
  }

  /** Tickets of jobs that have waited for long, and that BullMQ should know. */
  async longWaiting(redis: Redis, afterMs: number): Promise<JobTicket[]> {
    const ids = (await this.run(look.LONG_WAITING, redis, '', [afterMs])) as string[];
    const records = await Promise.all(ids.map((id) => redis.hmget(this.recordKey(id), 'ticket', 'queue', 'job')));
    return records.flatMap(([ticket, queue, job], index) =>
      ticket && queue && job ? [{ id: ids[index], ticket, queue, job: JSON.parse(job) as NewJob }] : [],
    );
  }

  async find(redis: Redis, id: string): Promise<JobSnapshot | undefined> {
    const record = await redis.hgetall(this.recordKey(id));
    if (!record['job']) return undefined;
    return {
      ...this.withDeadline(JSON.parse(record['job']) as NewJob, record['deadline']),
      state: record['state'] as JobState,
      attempt: Number(record['attempt']),
      createdAt: Number(record['createdAt']),
      ...present({
        startedAt: numberOf(record['startedAt']),
        finishedAt: numberOf(record['finishedAt']),
        progress: parsed(record['progress']),
        result: parsed(record['result']),
        deadBecause: record['because'],
      }),
    };
  }

  private recordKey(id: string): string {
    return `${this.init.prefix}:job:${id}`;
  }

  private withDeadline({ deadline: _, ...job }: NewJob, deadline: string): NewJob {
    return deadline ? { ...job, deadline: this.init.time.toLocal(Number(deadline)) } : job;
  }

  private run(script: RedisScript, redis: Redis, id: string, args: readonly (string | number)[]): Promise<unknown> {
    return script.run(redis, [this.recordKey(id)], [this.init.prefix, id, this.init.eventsKept, ...args]);
  }
}

/** A name for BullMQ, which bars colons and numbers; of a job that is added twice, each has its own. @internal */
export const newTicket = (id: string): string => `${id.replaceAll(':', '_')}.${randomBytes(6).toString('hex')}`;

const numberOf = (text: string | undefined): number | undefined => (text === undefined ? undefined : Number(text));
const parsed = (text: string | undefined): unknown => (text === undefined ? undefined : JSON.parse(text));

function present<T extends object>(fields: T): T {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as T;
}
