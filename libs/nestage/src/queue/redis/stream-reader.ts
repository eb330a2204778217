import { randomUUID } from 'node:crypto';
import type { Redis } from 'ioredis';
import { delay } from '../../common/abort.js';
import { seconds } from '../../common/duration.js';
import type { RedisLink } from './redis-link.js';

/** One entry of a Redis stream: its id and its fields, names and values in turn. @internal */
export type StreamEntry = readonly [id: string, fields: readonly string[]];

/** @internal */
export interface StreamSubscriber {
  readonly key: string;
  /** The last entry that it has seen; entries after it follow. */
  readonly last: string;
  /** Whether it takes more now. */
  readonly isOpen: boolean;
  /** Given entries in order; the reader asks for `last` anew afterwards. */
  readonly take: (entries: readonly StreamEntry[]) => void;
}

const BLOCK_MS = seconds(4);
/** An answer comes when there is an entry or after `BLOCK_MS`; what takes longer is a dead connection. */
const SILENCE_MS = 2 * BLOCK_MS;
const ENTRIES_AT_ONCE = 256;
const AFTER_FAILURE_MS = 100;
const WAKE_KEY_TTL_SECONDS = 3600;

/**
 * Reads all streams that anybody in this process waits for, over one blocking connection. A subscriber that comes while it blocks wakes it
 * by an entry in a stream of its own.
 * @internal
 */
export class StreamReader {
  private readonly subscribers = new Set<StreamSubscriber>();
  private readonly wakeKey: string;
  private lastWake = '0-0';
  private redis: Redis | undefined;
  private isRunning = false;
  private isBlocked = false;
  private isWoken = false;
  private isClosed = false;

  constructor(
    private readonly link: RedisLink,
    prefix: string,
  ) {
    this.wakeKey = `${prefix}:wake:${randomUUID()}`;
    link.whenReady(() => {
      this.isWoken = false;
      this.wake();
    });
    link.whenClosed(() => this.close());
  }

  /** @returns a function that ends the subscription */
  subscribe(subscriber: StreamSubscriber): () => void {
    this.subscribers.add(subscriber);
    this.wake();
    void this.run();
    return () => void this.subscribers.delete(subscriber);
  }

  /** To be called when a subscriber takes more again. */
  wake(): void {
    if (!this.isBlocked || this.isWoken) return;
    this.isWoken = true;
    this.link.commands
      .multi()
      .xadd(this.wakeKey, 'MAXLEN', 1, '*', 'w', '')
      .expire(this.wakeKey, WAKE_KEY_TTL_SECONDS)
      .exec()
      .catch(() => (this.isWoken = false)); // the block ends by itself
  }

  close(): void {
    this.isClosed = true;
    this.subscribers.clear();
    this.redis?.disconnect();
  }

  private async run(): Promise<void> {
    if (this.isRunning || this.isClosed) return;
    this.isRunning = true;
    this.redis ??= this.link.waitingConnection('events', SILENCE_MS);
    while (this.subscribers.size > 0 && !this.isClosed) {
      try {
        await this.readOnce(this.redis);
      } catch {
        await delay(AFTER_FAILURE_MS); // the connection is set up anew, and the same entries are asked for again
      }
    }
    this.isRunning = false;
  }

  private async readOnce(redis: Redis): Promise<void> {
    const asking = [...this.subscribers].filter(({ isOpen }) => isOpen);
    const ids = new Map<string, string>([[this.wakeKey, this.lastWake]]);
    for (const { key, last } of asking) {
      const other = ids.get(key);
      ids.set(key, other === undefined || isBefore(last, other) ? last : other);
    }
    this.isBlocked = true;
    this.isWoken = false;
    try {
      const streams = await redis.xread('COUNT', ENTRIES_AT_ONCE, 'BLOCK', BLOCK_MS, 'STREAMS', ...ids.keys(), ...ids.values());
      for (const [key, entries] of streams ?? []) this.dispatch(key, entries, asking);
    } finally {
      this.isBlocked = false;
    }
  }

  /** Only to those who asked: whoever came in the meantime may want earlier ones. */
  private dispatch(key: string, entries: readonly StreamEntry[], asking: readonly StreamSubscriber[]): void {
    if (key === this.wakeKey) this.lastWake = entries.at(-1)?.[0] ?? this.lastWake;
    for (const subscriber of asking) {
      if (subscriber.key !== key || !this.subscribers.has(subscriber)) continue;
      const fresh = entries.filter(([id]) => isBefore(subscriber.last, id));
      if (fresh.length > 0) subscriber.take(fresh);
    }
  }
}

/** Ids are two numbers, of which the first is the greater part. */
function isBefore(id: string, other: string): boolean {
  const [[high = 0, low = 0], [otherHigh = 0, otherLow = 0]] = [id, other].map((each) => each.split('-').map(Number));
  return high < otherHigh || (high === otherHigh && low < otherLow);
}
