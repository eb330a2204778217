import { delay } from '../../common/abort.js';
import type { JobEvent } from '../../core/jobs/job.js';
import { READER_SILENCE_MS } from './event-outbox.js';
import type { JobReadingInit } from './job-reading.js';

/** Events that are held here for a reader that is slow to take them. */
const MOST_HELD = 64;
const AFTER_FAILURE_MS = 100;

/**
 * Events of one job for one reader: those that have come and were not taken yet. What there was no room for, or was missed, is fetched when
 * it is wanted.
 * @internal
 */
export class EventInbox {
  /** By which Redis knows the reader. */
  readonly name: string;
  private readonly held: JobEvent[] = [];
  /** Number of the last event that the reader was given, and of the last one of which the work was told so. */
  private seen: number;
  private told: number;
  /** Number of the last event that has come here, and of the last one there is. */
  private got: number;
  private heard: number;
  private isFetching = false;
  /** Whether messages may have been missed. */
  private isInDoubt = false;
  private isOver = false;
  private wakeUp: () => void = () => undefined;
  private readonly stopListening: () => void;

  /** @param after number of the last event that the reader has seen */
  constructor(
    private readonly init: JobReadingInit,
    after: number,
  ) {
    const { id, messages, isOnlooker, signal } = init;
    this.seen = this.told = this.got = this.heard = after;
    this.name = messages.newReader();
    const stopHearing = messages.listen(`events ${id}`, (last: number, entries: readonly string[] | false, result?: string) =>
      this.hear(last, entries || [], result),
    );
    const stopDoubting = messages.whenBack(() => this.doubt());
    const heartbeat = isOnlooker ? undefined : setInterval(() => this.acknowledge(this.seen), READER_SILENCE_MS / 3).unref();
    const close = (): void => this.close();
    signal.addEventListener('abort', close, { once: true });
    this.stopListening = () => {
      stopHearing();
      stopDoubting();
      clearInterval(heartbeat);
      signal.removeEventListener('abort', close);
    };
  }

  /** Whether there are events that the reader was not given. */
  get hasMore(): boolean {
    return this.heard > this.seen;
  }

  /** Asks Redis for what has not come here, and to be told of what follows. Rejects when Redis can't be reached. */
  async fetch(): Promise<void> {
    const { link, records, id, isOnlooker } = this.init;
    this.isFetching = true;
    this.isInDoubt = false;
    try {
      const reader = { name: this.name, seen: isOnlooker ? undefined : this.seen };
      const found = await records.read(link.commands, id, reader, { after: this.got, most: MOST_HELD });
      this.isOver = found?.isOver ?? true;
      if (!found) return;
      if (found.last < this.got) this.seen = this.told = this.got = this.heard = 0; // its number was none, or Redis has lost some
      this.heard = Math.max(this.heard, found.last);
      this.got = Math.max(this.got, found.first - 1); // what comes before is kept no more
      this.hold(found.first, found.events);
    } finally {
      this.isFetching = false;
    }
  }

  /** @returns `undefined` when the job is over, or the reading's signal has fired */
  async next(): Promise<JobEvent | undefined> {
    const { signal, eventsKept, isOnlooker } = this.init;
    for (;;) {
      const event = this.held.shift();
      if (event) {
        this.seen = Number(event.id);
        if (!isOnlooker && this.seen - this.told >= eventsKept / 4) this.acknowledge(this.seen);
        return event;
      }
      if (signal.aborted) return undefined;
      if (this.heard > this.got || this.isInDoubt) await this.fetchInTime(signal);
      else if (this.isOver) return undefined;
      else await this.arrival();
    }
  }

  /** The reader has been given the last event: nobody need be told that it goes. */
  end(): void {
    this.isOver = true;
    this.close();
  }

  close(): void {
    if (!this.isOver) this.acknowledge('left');
    this.isOver = true;
    this.stopListening();
    this.wakeUp();
  }

  /** Takes what a message brings, unless it is being fetched. */
  hear(last: number, events: readonly string[], result?: string): void {
    this.heard = Math.max(this.heard, last);
    const first = last - events.length + 1;
    if (!this.isFetching && first <= this.got + 1 && this.held.length < MOST_HELD) this.hold(first, events, result);
    this.wakeUp();
  }

  private hold(first: number, events: readonly string[], result?: string): void {
    for (const [index, event] of events.entries()) {
      const number = first + index;
      if (number <= this.got) continue;
      const space = event.indexOf(' ');
      const type = event.slice(0, space) as JobEvent['type'];
      const withResult = result !== undefined && index === events.length - 1 && { result: JSON.parse(result) as unknown };
      this.held.push({ id: String(number), type, data: JSON.parse(event.slice(space + 1)), ...withResult });
      this.got = number;
    }
  }

  private doubt(): void {
    this.isInDoubt = true;
    this.wakeUp();
  }

  /** While Redis is away it is asked again and again, until the reading's signal fires. */
  private async fetchInTime(signal: AbortSignal): Promise<void> {
    try {
      await this.fetch();
    } catch {
      this.isInDoubt = true;
      await delay(AFTER_FAILURE_MS, signal).catch(() => undefined); // whoever aborted is told by next()
    }
  }

  private acknowledge(seen: number | 'left'): void {
    const { link, records, id } = this.init;
    if (seen !== 'left') this.told = seen;
    records.acknowledge(link.commands, id, this.name, seen).catch(() => undefined); // told again with the next one, or given up for silent
  }

  private arrival(): Promise<void> {
    return new Promise((resolve) => (this.wakeUp = resolve));
  }
}
