import { eventPosition } from '../../core/jobs/event-position.js';
import type { JobReading } from '../../core/jobs/job-engine.js';
import type { JobEvent } from '../../core/jobs/job.js';

/** Where somebody who reads the events of a job has come to. */
interface Reader {
  /** Number of the last event that it is done with. */
  position: number;
  readonly isOnlooker: boolean;
}

/**
 * The events of one job: the last ones are kept, to be read any number of times. Ids count up from 1.
 * @internal
 */
export class JobEventLog {
  private readonly events: JobEvent[] = [];
  private count = 0;
  private isOver = false;
  private readonly readers = new Set<Reader>();
  private readonly waiting = new Set<() => void>();

  /** @param kept how many are kept at least, and how far a reader may lag behind work that waits for it */
  constructor(private readonly kept: number) {}

  add(type: JobEvent['type'], data: unknown): void {
    this.events.push({ id: String(++this.count), type, data });
    if (this.events.length >= 2 * this.kept) this.events.splice(0, this.kept); // many at once: one by one would be slow
    this.wake();
  }

  /** Resolves when no reader lags too far behind, or the signal fires. */
  async whenRoom(signal: AbortSignal): Promise<void> {
    while (this.count - this.slowest() >= this.kept && !signal.aborted) await this.change(signal);
  }

  /** No event follows unless the job begins anew. */
  end(isOver: boolean): void {
    this.isOver = isOver;
    this.wake();
  }

  async *read({ after, signal, isOnlooker = false }: JobReading): AsyncGenerator<JobEvent, void, void> {
    const reader: Reader = { position: eventPosition(after, this.count), isOnlooker };
    this.readers.add(reader);
    try {
      for (;;) {
        const next = this.firstAfter(reader.position);
        if (signal.aborted || (!next && this.isOver)) return;
        if (next) {
          yield next;
          reader.position = Number(next.id);
          this.wake();
        } else await this.change(signal);
      }
    } finally {
      this.readers.delete(reader);
      this.wake();
    }
  }

  private firstAfter(position: number): JobEvent | undefined {
    const first = this.count - this.events.length; // number of the last event that is gone
    return this.events[Math.max(0, position - first)];
  }

  private slowest(): number {
    const positions = [...this.readers].filter(({ isOnlooker }) => !isOnlooker).map(({ position }) => position);
    return Math.min(this.count, ...positions);
  }

  /** Resolves when there is something new: an event, or a reader that has come further. */
  private change(signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const onChange = (): void => {
        this.waiting.delete(onChange);
        signal.removeEventListener('abort', onChange);
        resolve();
      };
      this.waiting.add(onChange);
      signal.addEventListener('abort', onChange, { once: true });
    });
  }

  private wake(): void {
    for (const wake of [...this.waiting]) wake();
  }
}
