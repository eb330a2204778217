import type { Redis, RedisOptions } from 'ioredis';
import type { Clock } from '../../common/clock.js';
import { seconds } from '../../common/duration.js';
import type { LogWriter } from '../../core/log/log-writer.js';
import { connected, connectTo, letGo, MAX_RECONNECT_DELAY_MS, type QueueConnection } from './connection.js';
import { RedisClock } from './redis-clock.js';
import { isFull, unavailable } from './unavailable.js';

/** @internal */
export interface RedisLinkInit {
  readonly connection: QueueConnection;
  /** How long a command of a request may take. */
  readonly commandTimeoutMs: number;
  readonly log: LogWriter;
  readonly clock: Clock;
}

/** What is under way is refused when the connection breaks, and nothing is sent later. */
const REFUSING = { enableOfflineQueue: false, maxRetriesPerRequest: 0, autoResendUnfulfilledCommands: false };
/** An upload is answered at its end. */
const BULK_SILENCE_MS = seconds(30);

/**
 * The connections of a process to Redis. What a request asks for goes over `commands`, which refuses at once while Redis is away and
 * sends nothing later; what waits for work or events has connections of its own, which wait. An outage is told to the log once.
 * @internal
 */
export class RedisLink {
  readonly commands: Redis;
  readonly time: RedisClock;
  private readonly waiting: Redis[] = [];
  private bulk: Redis | undefined;
  private readonly onReady: (() => void)[] = [];
  private readonly onClose: (() => void)[] = [];
  private readonly stopSettingClock: () => void;
  private isWritable = false;
  private awaySince: number | undefined;
  private lastError: Error | undefined;
  private refusedAt = Number.NEGATIVE_INFINITY;
  private isClosing = false;

  constructor(private readonly init: RedisLinkInit) {
    const { clock, commandTimeoutMs } = init;
    this.time = new RedisClock(clock);
    this.commands = this.connect('commands', {
      ...REFUSING,
      commandTimeout: commandTimeoutMs,
      socketTimeout: commandTimeoutMs,
      reconnectOnError: (error) => this.leavesReplica(error),
    });
    this.commands.on('error', (error) => (this.lastError = error));
    this.commands.on('close', () => {
      this.isWritable = false; // whoever answers next is asked what it is
      this.noteAway();
    });
    this.commands.on('ready', () => void this.meet());
    this.stopSettingClock = this.time.keepSet(() => (this.isUp ? this.commands : undefined));
  }

  get isUp(): boolean {
    return this.isWritable && this.commands.status === 'ready';
  }

  /** How long a command of a request may take. */
  get commandTimeoutMs(): number {
    return this.init.commandTimeoutMs;
  }

  /** Why Redis is away, if it is. */
  get fault(): string | undefined {
    return this.isUp ? undefined : this.lastError ? this.lastError.message || this.lastError.name : 'not connected yet';
  }

  /** How long ago it last refused, for want of memory, what a request asked for. */
  get lastFullMs(): number {
    return this.init.clock.elapsed() - this.refusedAt;
  }

  /** A connection whose commands wait while Redis is away, for this process alone. @param silenceMs how long an answer may take */
  waitingConnection(name: string, silenceMs: number): Redis {
    const redis = this.connect(name, {
      maxRetriesPerRequest: null,
      socketTimeout: silenceMs,
      reconnectOnError: (error) => this.leavesReplica(error) && 2, // what was refused is sent again
    });
    this.waiting.push(redis);
    return redis;
  }

  /** Calls back whenever Redis is there again. */
  whenReady(listener: () => void): void {
    this.onReady.push(listener);
    if (this.isUp) listener();
  }

  /** Resolves when Redis is there for the first time, or when it has been waited for long enough. */
  firstReady(): Promise<void> {
    return new Promise((resolve) => {
      const cancel = this.init.clock.schedule(this.init.commandTimeoutMs, resolve);
      this.whenReady(() => {
        cancel();
        resolve();
      });
    });
  }

  /** Calls back when the connections are let go of. */
  whenClosed(listener: () => void): void {
    this.onClose.push(listener);
  }

  /** @throws RequestError `jobs_unavailable` in place of whatever `work` rejects with */
  async attempt<T>(work: (redis: Redis) => Promise<T>): Promise<T> {
    try {
      return await work(this.commands);
    } catch (cause) {
      if (isFull(cause)) this.refusedAt = this.init.clock.elapsed();
      throw unavailable(cause);
    }
  }

  /**
   * As `attempt`, for bytes that may take their time on the network: over a connection of their own, so that no other command waits behind
   * them, or is lost with them.
   */
  attemptBulk<T>(work: (redis: Redis) => Promise<T>): Promise<T> {
    return this.attempt(async () => {
      if (!this.isUp) throw new Error(this.fault);
      this.bulk ??= this.connect('payloads', {
        ...REFUSING,
        lazyConnect: true,
        socketTimeout: BULK_SILENCE_MS,
        reconnectOnError: (error) => this.leavesReplica(error),
      });
      await connected(this.bulk);
      return work(this.bulk);
    });
  }

  close(): void {
    this.isClosing = true;
    this.stopSettingClock();
    for (const listener of this.onClose) listener();
    for (const redis of this.connections) letGo(redis);
  }

  private get connections(): readonly Redis[] {
    return [this.commands, ...this.waiting, ...(this.bulk ? [this.bulk] : [])];
  }

  private connect(name: string, own: RedisOptions): Redis {
    const redis = connectTo(this.init.connection, name, own);
    if (this.isClosing) letGo(redis);
    return redis;
  }

  /**
   * After a failover the address may lead to another server, while connections that stand go on to the one that is a replica now, and takes
   * no writes. All are set up anew then, those too that only listen: nothing is told there.
   */
  private leavesReplica({ message }: Error): boolean {
    if (!message.includes('READONLY')) return false;
    for (const redis of this.connections) if (redis.status === 'ready') redis.disconnect(true);
    return true;
  }

  /** A replica takes no writes: it is as good as none, and asked again whether it is one still. */
  private async meet(): Promise<void> {
    const role = await this.commands.role().then(
      ([name]) => name,
      () => 'unknown', // a user that may not ask: the first write will tell
    );
    if (this.commands.status !== 'ready' || this.isClosing) return;
    this.isWritable = role !== 'slave';
    if (this.isWritable) return this.noteBack();
    this.lastError = new Error('it is a read-only replica');
    this.noteAway();
    this.init.clock.schedule(MAX_RECONNECT_DELAY_MS, () => {
      if (!this.isClosing) this.commands.disconnect(true);
    });
  }

  private noteAway(): void {
    if (this.awaySince !== undefined || this.isClosing) return;
    this.awaySince = this.init.clock.elapsed();
    this.init.log.write('WARNING', `Redis is away, work for its queues is refused: ${this.fault ?? 'the connection was closed'}`);
  }

  private noteBack(): void {
    const { log, clock } = this.init;
    if (this.awaySince !== undefined) log.write('INFO', `Redis is back after ${((clock.elapsed() - this.awaySince) / 1000).toFixed(1)} s`);
    this.awaySince = undefined;
    this.lastError = undefined;
    this.time.set(this.commands).catch(() => undefined); // asked again in a moment
    for (const listener of this.onReady) listener();
  }
}
