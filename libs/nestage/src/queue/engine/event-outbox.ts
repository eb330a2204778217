import type { Redis } from 'ioredis';
import { delay } from '../../common/abort.js';
import { seconds } from '../../common/duration.js';
import { isFull } from '../redis/unavailable.js';
import type { JobMessages } from './job-messages.js';
import type { JobRecords } from './job-records.js';
import type { Appended, ToldEvent } from './job-records.types.js';

/** @internal */
export interface EventOutboxInit {
  readonly id: string;
  /** Of the try whose events they are. */
  readonly token: string;
  readonly redis: Redis;
  readonly records: JobRecords;
  readonly messages: JobMessages;
  readonly eventsKept: number;
  /** Nothing waits any more once it has fired. */
  readonly signal: AbortSignal;
  /** Told that another try has begun, or that the job is over. */
  readonly onOutdated: () => void;
}

/** Events that wait to be written together. */
const MOST_PENDING = 64;
/** Events that are written together. */
const MOST_AT_ONCE = 1000;
/** A reader that has not been heard of for so long is gone, though it has not said so. @internal */
export const READER_SILENCE_MS = seconds(30);

/** A message that tells of a reader may be lost. */
const LOOK_AGAIN_MS = READER_SILENCE_MS / 10;

/** Between two attempts to write to a Redis that is full. */
const WHILE_FULL_MS = seconds(1);

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
  private readonly pending: ToldEvent[] = [];
  private written = 0;
  /** Number of the last event that Redis has. */
  private last = 0;
  private flushing: Promise<void> | undefined;
  private failure: Error | undefined;
  private readonly readers = new Map<string, KnownReader>();
  private stopListening: (() => void) | undefined;
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
    while (this.lead() >= eventsKept && !signal.aborted) await this.movement();
  }

  /** Resolves when all that was told is written. Rejects when Redis would not take it. */
  async whenWritten(): Promise<void> {
    while (this.flushing) await this.flushing;
    if (this.failure) throw this.failure;
  }

  /** Looks whether the try is still on, and how far its readers are. */
  async look(): Promise<void> {
    const { records, redis, id, token } = this.init;
    this.note(await records.append(redis, id, token, this.written, []));
  }

  close(): void {
    this.stopListening?.();
    this.onRoom();
  }

  private async flush(): Promise<void> {
    await Promise.resolve(); // what is told in the same breath goes along
    try {
      while (this.pending.length > 0) {
        const events = this.pending.splice(0, MOST_AT_ONCE);
        this.note(await this.write(events));
        this.written += events.length;
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
    for (const { seen, heardAt } of this.readers.values()) {
      if (now - heardAt > READER_SILENCE_MS) continue;
      lead = Math.max(lead, this.last + this.pending.length - seen);
    }
    return lead;
  }

  /** A Redis that is full is waited for, as one that is away. @returns `undefined` when the try is over */
  private async write(events: readonly ToldEvent[]): Promise<Appended | undefined> {
    const { records, redis, id, token, signal } = this.init;
    for (;;) {
      if (signal.aborted) return undefined;
      try {
        return await records.append(redis, id, token, this.written, events);
      } catch (error) {
        if (!isFull(error)) throw error;
        await delay(WHILE_FULL_MS, signal).catch(() => undefined); // looked at next
      }
    }
  }

  private note(appended: Appended | undefined): void {
    if (!appended) return this.init.onOutdated();
    this.last = appended.last;
    for (const name of this.readers.keys()) if (!appended.readers.has(name)) this.readers.delete(name);
    for (const [name, seen] of appended.readers) if (this.readers.get(name)?.seen !== seen) this.hear(name, seen);
  }

  private hear(name: string, seen: number): void {
    this.readers.set(name, { seen, heardAt: performance.now() });
    this.onRoom();
  }

  /** Resolves when a reader has moved, the signal has fired, or a silent reader may have to be given up. */
  private async movement(): Promise<void> {
    const { signal, messages, id } = this.init;
    this.stopListening ??= messages.listen(`acks ${id}`, (name: string, seen: string) => {
      if (seen === 'left') this.readers.delete(name);
      else this.hear(name, Number(seen));
      this.onRoom();
    });
    const hasMoved = await new Promise<boolean>((resolve) => {
      const timer = setTimeout(() => resolve(false), LOOK_AGAIN_MS);
      this.onRoom = () => {
        clearTimeout(timer);
        signal.removeEventListener('abort', this.onRoom);
        resolve(true);
      };
      signal.addEventListener('abort', this.onRoom, { once: true });
    });
    if (!hasMoved) await this.look();
  }
}
