import { randomBytes } from 'node:crypto';
import type { Redis } from 'ioredis';
import { seconds } from '../../common/duration.js';
import type { LogLevel, LogWriter } from '../../core/log/log-writer.js';
import type { RedisLink } from '../redis/redis-link.js';

/** What a message says, after its topic. @internal */
export type MessageListener = (...content: never[]) => void;

/** @internal */
export interface JobMessagesInit {
  readonly link: RedisLink;
  readonly log: LogWriter;
  readonly prefix: string;
}

const PING_MS = seconds(4);
/** A connection that doesn't answer for so long is dead. */
const SILENCE_MS = 2 * PING_MS;

/**
 * What this process is told of jobs, over a channel of its own: one connection, whatever number of jobs it waits for. Redis keeps no message
 * for a process that is away, so whoever listens looks for itself each time that the process is back.
 * @internal
 */
export class JobMessages {
  /** By which others name this process. */
  readonly process = randomBytes(9).toString('base64url');
  private readonly listeners = new Map<string, Set<MessageListener>>();
  private readonly onBack = new Set<() => void>();
  private redis: Redis | undefined;
  private readersNamed = 0;
  private isSubscribed = false;
  private readonly told = new Set<LogLevel>();

  constructor(private readonly init: JobMessagesInit) {}

  /** How many listen. */
  get size(): number {
    return [...this.listeners.values()].reduce((sum, { size }) => sum + size, 0);
  }

  /** A name for one who reads here, of which others can tell the process. */
  newReader(): string {
    return `${this.process}.${++this.readersNamed}`;
  }

  /** @returns a function that ends it */
  listen(topic: string, listener: MessageListener): () => void {
    this.connect();
    const listeners = this.listeners.get(topic) ?? new Set();
    this.listeners.set(topic, listeners.add(listener));
    return () => {
      listeners.delete(listener);
      if (listeners.size === 0 && this.listeners.get(topic) === listeners) this.listeners.delete(topic);
    };
  }

  /** Calls back each time that messages come again, and when they begin to. @returns a function that ends it */
  whenBack(listener: () => void): () => void {
    this.onBack.add(listener);
    return () => void this.onBack.delete(listener);
  }

  close(): void {
    this.listeners.clear();
    this.onBack.clear();
    this.redis?.disconnect();
  }

  private connect(): void {
    if (this.redis) return;
    const { link, prefix } = this.init;
    const redis = link.waitingConnection('messages', SILENCE_MS);
    this.redis = redis;
    redis.on('message', (_channel: string, text: string) => this.hear(text));
    const channel = `${prefix}:to:${this.process}`;
    redis.on('close', () => (this.isSubscribed = false));
    redis.on('ready', () => void this.subscribe(redis, channel));
    const timer = setInterval(() => {
      if (redis.status !== 'ready') return;
      if (this.isSubscribed)
        redis.ping().catch(() => undefined); // it is set up anew
      else void this.subscribe(redis, channel);
    }, PING_MS).unref();
    redis.on('end', () => clearInterval(timer));
  }

  private async subscribe(redis: Redis, channel: string): Promise<void> {
    try {
      await redis.subscribe(channel);
    } catch (error) {
      this.tellFault(error as Error);
      return;
    }
    this.isSubscribed = true;
    this.wake();
  }

  /** What makes no sense, such as a message of another version, is as good as missed: whoever listens looks for itself. */
  private hear(text: string): void {
    try {
      const [topic, ...content] = JSON.parse(text) as [string, ...never[]];
      for (const listener of [...(this.listeners.get(topic) ?? [])]) listener(...content);
    } catch (error) {
      this.tellOnce(
        'WARNING',
        `A message about jobs on "${this.init.prefix}" makes no sense, jobs are looked at instead: ${String(error)}`,
      );
      this.wake();
    }
  }

  private wake(): void {
    for (const listener of [...this.onBack]) listener();
  }

  /** A connection that was lost comes back; a refusal stays. */
  private tellFault({ message }: Error): void {
    if (!message.startsWith('NOPERM')) return;
    const { prefix } = this.init;
    this.tellOnce('ERROR', `Redis lets its user hear of no job: allow the channels "&${prefix}:*" by ACL SETUSER. ${message}`);
  }

  private tellOnce(level: LogLevel, text: string): void {
    if (this.told.has(level)) return;
    this.told.add(level);
    this.init.log.write(level, text);
  }
}
