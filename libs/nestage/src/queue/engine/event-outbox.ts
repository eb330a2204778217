import type { Redis } from 'ioredis';
import { seconds } from '../../common/duration.js';
import type { StreamEntry, StreamReader } from '../redis/stream-reader.js';
import type { JobRecords, ToldEvent } from './job-records.js';

/** @internal */
export interface EventOutboxInit {
  readonly id: string;
  /** Of the try whose events they are. */
  readonly token: string;
  readonly redis: Redis;
  readonly records: JobRecords;
  readonly reader: StreamReader;
  readonly eventsKept: number;
  /** Nothing waits any more once it has fired. */
  readonly signal: AbortSignal;
  /** Told that another try has begun, or that the job is over. */
  readonly onOutdated: () => void;
}

/** Events that wait to be written together. */
const MOST_PENDING = 64;
/** A reader that has not been heard of for so long is gone, though it has not said so. @internal */
export const READER_SILENCE_MS = seconds(30);

interface KnownReader {
  readonly seen: number;
  readonly heardAt: number;
}

/**
 * What one try tells, written together and in order: one round trip for all that came during the last one. Where somebody reads, it keeps
 * within reach of the slowest.
 * @internal
 */
export class EventOutbox {
  private pending: ToldEvent[] = [];
  private written = 0;
  /** Number of the last event that Redis has. */
  private last = 0;
  private flushing: Promise<void> | undefined;
  private failure: Error | undefined;
  private readers: Map<string, KnownReader> | undefined;
  private stopFollowing: () => void = () => undefined;
  private onRoom: () => void = () => undefined;

  constructor(private readonly init: EventOutboxInit) {}

  tell(type: ToldEvent[0], data: unknown): void {
    this.pending.push([type, JSON.stringify(data) ?? 'null']);
    this.flushing ??= this.flush();
  }

  /** Resolves when another event may be told. Rejects when Redis would not take one. */
  async room(): Promise<void> {
    const { eventsKept, signal } = this.init;
    if (this.pending.length >= Math.min(MOST_PENDING, Math.ceil(eventsKept / 4))) await this.flushing;
    if (this.failure) throw this.failure;
    if (this.written + this.pending.length < eventsKept / 2) return;
    if (!this.readers) await this.follow();
    while (this.lead() >= eventsKept && !signal.aborted) await this.movement();
  }

  /** Resolves when all that was told is written. Rejects when Redis would not take it. */
  async whenWritten(): Promise<void> {
    while (this.flushing) await this.flushing;
    if (this.failure) throw this.failure;
  }

  close(): void {
    this.stopFollowing();
    this.onRoom();
  }

  private async flush(): Promise<void> {
    const { records, redis, id, token, onOutdated, signal } = this.init;
    await Promise.resolve(); // what is told in the same breath goes along
    try {
      while (this.pending.length > 0) {
        const events = this.pending;
        this.pending = [];
        const last = signal.aborted ? -1 : await records.append(redis, id, token, this.written, events);
        this.written += events.length;
        if (last < 0) onOutdated();
        else this.last = last;
      }
    } catch (error) {
      this.failure = error as Error;
    } finally {
      this.flushing = undefined;
    }
  }

  /** How far the slowest reader is behind; 0 where there is none. */
  private lead(): number {
    const now = performance.now();
    let lead = 0;
    for (const [name, { seen, heardAt }] of this.readers ?? []) {
      if (now - heardAt > READER_SILENCE_MS) this.readers?.delete(name);
      else lead = Math.max(lead, this.last + this.pending.length - seen);
    }
    return lead;
  }

  private async follow(): Promise<void> {
    const { reader, records, redis, id } = this.init;
    this.readers = new Map();
    const key = records.acksKey(id);
    const known = await redis.xrange(key, '-', '+');
    const subscriber = { key, last: '0-0', isOpen: true, take: (entries: readonly StreamEntry[]) => this.hear(entries, subscriber) };
    this.hear(known, subscriber);
    this.stopFollowing = reader.subscribe(subscriber);
  }

  private hear(entries: readonly StreamEntry[], subscriber: { last: string }): void {
    for (const [entry, [name, seen]] of entries) {
      subscriber.last = entry;
      if (seen === 'left') this.readers?.delete(name);
      else this.readers?.set(name, { seen: Number(seen), heardAt: performance.now() });
    }
    this.onRoom();
  }

  /** Resolves when a reader has moved, the signal has fired, or a silent reader may have to be given up. */
  private movement(): Promise<void> {
    const { signal } = this.init;
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, READER_SILENCE_MS / 10);
      this.onRoom = () => {
        clearTimeout(timer);
        signal.removeEventListener('abort', this.onRoom);
        resolve();
      };
      signal.addEventListener('abort', this.onRoom, { once: true });
    });
  }
}
