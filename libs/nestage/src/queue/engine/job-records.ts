import { randomBytes } from 'node:crypto';
import type { Redis } from 'ioredis';
import type { JobBacklog } from '../../core/jobs/job-engine.js';
import { FINAL_JOB_STATES, type JobSnapshot, type JobState, type NewJob } from '../../core/jobs/job.js';
import type { RedisClock } from '../redis/redis-clock.js';
import type { RedisScript } from '../redis/redis-script.js';
import type { Appended, BegunTry, Creation, CreationLimits, EventReader, JobTicket, ReadEvents, ToldEvent } from './job-records.types.js';
import * as life from './scripts/life-scripts.js';
import * as look from './scripts/look-scripts.js';

/** @internal */
export interface JobRecordsInit {
  readonly prefix: string;
  readonly eventsKept: number;
  readonly time: RedisClock;
}

/** The records of jobs in Redis, one step of their lives a method. Each takes the connection that it goes over. @internal */
export class JobRecords {
  constructor(private readonly init: JobRecordsInit) {}

  async create(redis: Redis, { id, ticket, queue, job, reader = '' }: JobTicket, limits: CreationLimits): Promise<Creation> {
    const { time } = this.init;
    const deadline = job.deadline === undefined ? '' : time.ofLocal(job.deadline);
    const args = [ticket, JSON.stringify(job), queue, job.keepMs, job.delayMs ?? 0, job.tries, deadline, limits.most];
    const [outcome, first, state] = (await this.run(life.CREATE, redis, id, [...args, time.now() + limits.withinMs, reader])) as [
      Creation['outcome'],
      string,
      JobState,
    ];
    if (outcome === 'known') return { outcome, ticket: first, isWaiting: state === 'waiting' || state === 'delayed' };
    return outcome === 'full' ? { outcome, oldestMs: Number(first) } : { outcome };
  }

  async withdraw(redis: Redis, { id, ticket }: Pick<JobTicket, 'id' | 'ticket'>): Promise<void> {
    await this.run(life.WITHDRAW, redis, id, [ticket]);
  }

  /** @returns `undefined` when there is nothing to do; a reason where the job died of being begun */
  async begin(
    redis: Redis,
    { id, ticket }: Pick<JobTicket, 'id' | 'ticket'>,
    { token, process }: { readonly token: string; readonly process: string },
  ): Promise<BegunTry | string | undefined> {
    const answer = await this.run(life.BEGIN, redis, id, [ticket, token, process]);
    const [kind, first, job, deadline] = answer as [string, unknown, string, string];
    if (kind === 'over') return first as string | undefined;
    return { attempt: first as number, job: this.withDeadline(JSON.parse(job) as NewJob, deadline) };
  }

  /** @returns `undefined` when another try has begun, or the job is over */
  async append(redis: Redis, id: string, token: string, before: number, events: readonly ToldEvent[]): Promise<Appended | undefined> {
    const [, progress] = events.findLast(([type]) => type === 'progress') ?? [];
    const args = [token, before, progress ?? '', ...events.map((event) => event.join(' '))];
    const answer = (await this.run(life.APPEND, redis, id, args)) as [number, ...string[]] | null;
    if (!answer) return undefined;
    const [last, ...readers] = answer;
    return { last, readers: new Map(pairs(readers).map(([name, seen]) => [name, Number(seen)])) };
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
    const ticket = newTicket();
    const found = (await this.run(life.RETRY, redis, id, [ticket])) as [string, string] | null;
    return found ? { id, ticket, queue: found[0], job: JSON.parse(found[1]) as NewJob } : undefined;
  }

  /** Notes a reader of a job that is not over, and gives it events. @returns `undefined` for an unknown job */
  async read(
    redis: Redis,
    id: string,
    { name, seen }: EventReader,
    { after, most }: { readonly after: number; readonly most: number },
  ): Promise<ReadEvents | undefined> {
    const found = await this.run(look.READ, redis, id, [name, seen ?? '-', after, most]);
    if (found === null) return undefined;
    const [state, last, first, events] = found as [JobState, number, number, string[]];
    return { isOver: FINAL_JOB_STATES.has(state), last, first, events };
  }

  async acknowledge(redis: Redis, id: string, reader: string, seen: number | 'left'): Promise<void> {
    await this.run(look.ACKNOWLEDGE, redis, id, [reader, seen]);
  }

  async forget(redis: Redis, id: string): Promise<void> {
    await this.run(look.FORGET, redis, id, []);
  }

  async backlog(redis: Redis): Promise<JobBacklog> {
    const [waiting, delayed, active, oldestMs] = (await look.BACKLOG.run(redis, [this.recordKey('')], [this.init.prefix])) as [
      number,
      number,
      number,
      number,
    ];
    return { waiting, delayed, active, oldestMs };
  }

  /** Tickets of jobs that have waited for long, and that BullMQ should know. */
  async longWaiting(redis: Redis, afterMs: number): Promise<JobTicket[]> {
    const { prefix } = this.init;
    const ids = (await look.LONG_WAITING.run(redis, [this.recordKey('')], [prefix, afterMs])) as string[];
    const found = await Promise.all(ids.map((id) => this.recordOf(redis, id)));
    return found.flatMap((each, index) =>
      each ? [{ id: ids[index], ticket: each.record['ticket'], queue: each.record['queue'], job: each.job }] : [],
    );
  }

  async find(redis: Redis, id: string): Promise<JobSnapshot | undefined> {
    const found = await this.recordOf(redis, id);
    if (!found) return undefined;
    const { record, job, result } = found;
    return {
      ...this.withDeadline(job, record['deadline']),
      state: record['state'] as JobState,
      attempt: Number(record['attempt']),
      createdAt: Number(record['createdAt']),
      ...present({
        startedAt: numberOf(record['startedAt']),
        finishedAt: numberOf(record['finishedAt']),
        progress: parsed(record['progress']),
        result: parsed(result ?? undefined),
        deadBecause: record['because'],
      }),
    };
  }

  private async recordOf(
    redis: Redis,
    id: string,
  ): Promise<{ record: Record<string, string>; job: NewJob; result: string | null } | undefined> {
    const [fields, order, result] = (await this.run(look.FIND, redis, id, [])) as [string[], string | null, string | null];
    return order === null ? undefined : { record: Object.fromEntries(pairs(fields)), job: JSON.parse(order) as NewJob, result };
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

/** A name for BullMQ, which bars colons and numbers. Of a job that is added twice, each ticket has its own. @internal */
export const newTicket = (): string => `t${randomBytes(9).toString('base64url')}`;

const pairs = (list: readonly string[]): (readonly [string, string])[] =>
  list.flatMap((each, index) => (index % 2 ? [[list[index - 1], each] as const] : []));
const numberOf = (text: string | undefined): number | undefined => (text === undefined ? undefined : Number(text));
const parsed = (text: string | undefined): unknown => (text === undefined ? undefined : JSON.parse(text));

function present<T extends object>(fields: T): T {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as T;
}
