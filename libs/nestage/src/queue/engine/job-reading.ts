import { randomUUID } from 'node:crypto';
import { eventPosition } from '../../core/jobs/event-position.js';
import { FINAL_JOB_STATES, type JobEvent, type JobState } from '../../core/jobs/job.js';
import type { JobReading } from '../../core/jobs/job-engine.js';
import type { RedisLink } from '../redis/redis-link.js';
import type { StreamEntry, StreamReader } from '../redis/stream-reader.js';
import type { JobRecords } from './job-records.js';
import { READER_SILENCE_MS } from './event-outbox.js';

/** @internal */
export interface JobReadingInit extends JobReading {
  readonly id: string;
  readonly link: RedisLink;
  readonly records: JobRecords;
  readonly reader: StreamReader;
  readonly eventsKept: number;
}

/** Events that are held here for a reader that is slow to take them. */
const MOST_HELD = 64;

/**
 * Reads the events of a job until its end: those kept, then those to come. The work hears how far the reader is, so that it does not run
 * away from it.
 * @internal
 */
export async function* readEvents(init: JobReadingInit): AsyncGenerator<JobEvent, void, void> {
  const { id, link, records, after, isOnlooker } = init;
  const name = isOnlooker ? undefined : randomUUID();
  const known = await link.attempt((redis) => records.openReading(redis, id, name, eventPosition(after)));
  if (!known || (known.isOver && known.seen >= known.last)) return;
  const inbox = new EventInbox(init, name, known.seen);
  try {
    for (let event = await inbox.next(); event; event = await inbox.next()) {
      yield event;
      if (event.type === 'state' && FINAL_JOB_STATES.has(event.data as JobState)) return inbox.noteEnd();
    }
  } finally {
    inbox.close();
  }
}

/** What has been read and not been taken, for one reader. */
class EventInbox {
  readonly key: string;
  last: string;
  private held: StreamEntry[] = [];
  private told: number;
  private isAtEnd = false;
  private wakeUp: () => void = () => undefined;
  private readonly unsubscribe: () => void;
  private readonly heartbeat: NodeJS.Timeout;

  constructor(
    private readonly init: JobReadingInit,
    /** By which the work hears of it; an onlooker has none. */
    private readonly name: string | undefined,
    private seen: number,
  ) {
    this.key = init.records.eventsKey(init.id);
    this.last = `${seen}-0`;
    this.told = seen;
    this.unsubscribe = init.reader.subscribe(this);
    this.heartbeat = setInterval(() => this.acknowledge(this.seen), READER_SILENCE_MS / 3).unref();
  }

  get isOpen(): boolean {
    return this.held.length < MOST_HELD;
  }

  readonly take = (entries: readonly StreamEntry[]): void => {
    this.held.push(...entries);
    this.last = entries[entries.length - 1][0];
    this.wakeUp();
  };

  /** @returns `undefined` when the reading's signal has fired */
  async next(): Promise<JobEvent | undefined> {
    const { signal, reader, eventsKept } = this.init;
    while (this.held.length === 0) {
      if (signal.aborted) return undefined;
      await this.arrival(signal);
    }
    const wasOpen = this.isOpen;
    const [id, [, type, , data]] = this.held.shift() as StreamEntry;
    if (!wasOpen && this.isOpen) reader.wake();
    this.seen = Number(id.slice(0, id.indexOf('-')));
    if (this.seen - this.told >= eventsKept / 4) this.acknowledge(this.seen);
    return { id: String(this.seen), type: type as JobEvent['type'], data: JSON.parse(data) };
  }

  noteEnd(): void {
    this.isAtEnd = true;
  }

  close(): void {
    clearInterval(this.heartbeat);
    this.unsubscribe();
    if (!this.isAtEnd) this.acknowledge('left');
  }

  private acknowledge(seen: number | 'left'): void {
    const { link, records, id } = this.init;
    if (this.name === undefined) return;
    if (seen !== 'left') this.told = seen;
    records.acknowledge(link.commands, id, this.name, seen).catch(() => undefined); // told again with the next one, or given up for silent
  }

  private arrival(signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      this.wakeUp = () => {
        signal.removeEventListener('abort', this.wakeUp);
        resolve();
      };
      signal.addEventListener('abort', this.wakeUp, { once: true });
    });
  }
}
