import { array, checkOptions, either, integer, object, oneOf, type OptionCheck, OptionError, typed } from '../common/option-checks.js';
import { seconds } from '../common/duration.js';
import type { PayloadStore } from '../core/jobs/payload-store.js';
import type { ServiceEnvironment } from '../core/options/service-environment.js';
import type { QueueConnection } from './redis/connection.js';

/** What a process does with work that is queued: hands it in for its clients, does it, or both. @publicApi */
export const QUEUE_ROLES = ['web', 'worker', 'both'] as const;

/** @see QUEUE_ROLES @publicApi */
export type QueueRole = (typeof QUEUE_ROLES)[number];

/** What the replicas of a service share through Redis. @publicApi */
export const SHARED_STATES = ['rateLimits', 'breakers'] as const;

/** @see SHARED_STATES @publicApi */
export type SharedStateName = (typeof SHARED_STATES)[number];

/** Options of `QueueModule.forRoot()`. @publicApi */
export interface QueueOptions {
  /** Redis from 6.2 on: a URL, or options of ioredis. @default that of `BullModule.forRoot()`, else `REDIS_URL`; without, all is done here */
  readonly connection?: QueueConnection;
  /** @default `QUEUE_ROLE`, else 'both' */
  readonly role?: QueueRole;
  /** Begins the name of every key in Redis. Its braces keep the keys in one slot of a Redis Cluster. @default '{nestage}' */
  readonly prefix?: string;
  /** How many jobs of a route a worker has at once. @default the route's own `concurrency`, with `batch` two full batches, else 8 */
  readonly concurrency?: number;
  /** A worker that is lost is noticed, and its jobs run elsewhere, within this time. @default 30 000 */
  readonly lockMs?: number;
  /** How often work is begun in all when its worker is lost each time. @default 3 */
  readonly tries?: number;
  /** Most jobs that may wait for one route; what comes then is refused with 503 and Retry-After. 0: any number. @default 1000 */
  readonly maxBacklog?: number;
  /** Events and items of a job that are kept, and so how far a slow client may be behind. @default 1000 */
  readonly eventsKept?: number;
  /** How long a request waits for Redis before it is refused with 503. @default 2000 */
  readonly commandTimeoutMs?: number;
  /** Where bytes wait that are longer than `inlineBytes`. @default Redis */
  readonly payloads?: 'redis' | PayloadStore;
  /** Values up to this length travel within a job. @default 32 768 */
  readonly inlineBytes?: number;
  /** What the replicas of the service share through Redis; each has its own while Redis is away. @default none */
  readonly share?: readonly SharedStateName[];
}

/** @internal */
export interface ResolvedQueueOptions extends Required<Omit<QueueOptions, 'connection' | 'concurrency'>> {
  /** Without one, nothing is queued. */
  readonly connection: QueueConnection | undefined;
  readonly concurrency: number | undefined;
}

const PLACE = 'QueueModule.forRoot()';

const CHECKS: Readonly<Record<string, OptionCheck>> = {
  connection: either({ ...typed('string'), describe: 'a URL such as "redis://127.0.0.1:6379"', accepts: isRedisUrl }, object),
  role: oneOf(...QUEUE_ROLES),
  prefix: {
    describe: 'a string of letters, digits and . _ - { }',
    accepts: (value) => typeof value === 'string' && /^[\w.{}-]+$/.test(value),
  },
  concurrency: integer(1, 10_000),
  lockMs: integer(300),
  tries: integer(1),
  maxBacklog: integer(0),
  eventsKept: integer(16, 1_000_000),
  commandTimeoutMs: integer(10),
  payloads: either(oneOf('redis'), {
    describe: 'a PayloadStore',
    accepts: (value) => typeof (value as Partial<PayloadStore> | null)?.put === 'function',
  }),
  inlineBytes: integer(0),
  share: array,
};

/** Fills the defaults field by field, from the environment where that has any. @throws OptionError @internal */
export function resolveQueueOptions(given: QueueOptions, environment: Partial<ServiceEnvironment>): ResolvedQueueOptions {
  checkOptions(given, CHECKS, PLACE);
  for (const [index, name] of (given.share ?? []).entries()) {
    checkOptions({ [`share[${index}]`]: name }, { [`share[${index}]`]: oneOf(...SHARED_STATES) }, PLACE);
  }
  const connection = given.connection ?? environment.redisUrl;
  const role = given.role ?? environment.queueRole ?? 'both';
  checkOptions({ REDIS_URL: environment.redisUrl, QUEUE_ROLE: environment.queueRole }, ENVIRONMENT_CHECKS, 'the environment');
  if (connection === undefined && role !== 'both') {
    throw new OptionError(`"role" is "${role}", which needs Redis: give "connection" (set it in ${PLACE}), or REDIS_URL.`);
  }
  return {
    connection,
    role: role as QueueRole,
    prefix: given.prefix ?? '{nestage}',
    concurrency: given.concurrency,
    lockMs: given.lockMs ?? seconds(30),
    tries: given.tries ?? 3,
    maxBacklog: given.maxBacklog ?? 1000,
    eventsKept: given.eventsKept ?? 1000,
    commandTimeoutMs: given.commandTimeoutMs ?? seconds(2),
    payloads: given.payloads ?? 'redis',
    inlineBytes: given.inlineBytes ?? 32_768,
    share: given.share ?? [],
  };
}

const ENVIRONMENT_CHECKS: Readonly<Record<string, OptionCheck>> = {
  REDIS_URL: CHECKS['connection'],
  QUEUE_ROLE: CHECKS['role'],
};

function isRedisUrl(value: unknown): boolean {
  return typeof value === 'string' && /^rediss?:\/\/\S+$/.test(value);
}
