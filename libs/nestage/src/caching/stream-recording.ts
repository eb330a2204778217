import { RecordingReader } from './recording-reader.js';

/** @internal */
export interface StreamRecordingInit {
  readonly source: AsyncIterator<unknown>;
  /** Most that is kept of what not everyone has read, the newest item not counted. */
  readonly maxBytes: number;
  readonly bytesOf: (item: unknown) => number;
  readonly copy: (item: unknown) => unknown;
  /** Called once when the beginning can't be kept any more: from then on nobody may come in. */
  readonly onOverflow: () => void;
  /** Called once with all items when the source has ended well and all are at hand; otherwise without. */
  readonly onEnd: (items: readonly unknown[] | undefined) => void;
}

interface Recorded {
  readonly item: unknown;
  readonly bytes: number;
}

/**
 * A stream that several read, each from its first item on and at its own pace. The source is asked for the next item as soon as the fastest
 * reader wants it. As long as all fits, everything is kept for those who come late; then what all have read is forgotten, and a reader that is
 * too far behind is cut off, so that it neither holds up the others nor takes more memory.
 * @internal
 */
export class StreamRecording {
  private readonly kept = new Map<number, Recorded>();
  private readonly readers = new Set<RecordingReader>();
  private bytes = 0;
  private first = 0;
  private next = 0;
  private isWhole = true;
  private pulling: Promise<void> | undefined;
  /** How the source has ended, if it has. */
  ending: { readonly error?: unknown } | undefined;

  constructor(private readonly init: StreamRecordingInit) {}

  /** @param onLag is called when this reader is cut off */
  read(onLag: () => void): RecordingReader {
    const reader = new RecordingReader(this, onLag);
    this.readers.add(reader);
    return reader;
  }

  /** The item at a position, if the source has given it. */
  at(position: number): Recorded | undefined {
    return this.kept.get(position);
  }

  /** An item for one reader: its own copy, unless nobody else can read it. */
  handOut({ item }: Recorded): unknown {
    return this.isWhole || this.readers.size > 1 ? this.init.copy(item) : item;
  }

  /** Resolves when the source has given another item or has ended. */
  more(): Promise<void> {
    return (this.pulling ??= this.pull());
  }

  /** To be called when a reader has gone on. */
  forget(): void {
    if (this.isWhole) return;
    for (const until = this.slowest(); this.first < until; this.first++) {
      this.bytes -= this.kept.get(this.first)?.bytes ?? 0;
      this.kept.delete(this.first);
    }
  }

  leave(reader: RecordingReader): void {
    this.readers.delete(reader);
    this.forget();
  }

  private async pull(): Promise<void> {
    try {
      const result: IteratorResult<unknown, unknown> = await this.init.source.next();
      if (result.done) this.end({});
      else this.append(result.value);
    } catch (error) {
      this.end({ error });
    } finally {
      this.pulling = undefined;
    }
  }

  private append(item: unknown): void {
    const bytes = this.init.bytesOf(item);
    if (this.bytes > this.init.maxBytes) this.makeRoom();
    this.kept.set(this.next++, { item, bytes });
    this.bytes += bytes;
  }

  private makeRoom(): void {
    if (this.isWhole) {
      this.isWhole = false;
      this.init.onOverflow();
    }
    this.forget();
    for (const reader of [...this.readers].sort((a, b) => a.position - b.position)) {
      if (this.bytes <= this.init.maxBytes || reader.position === this.fastest()) return;
      reader.cut();
    }
  }

  private end(ending: { readonly error?: unknown }): void {
    this.ending = ending;
    const isComplete = this.isWhole && !('error' in ending);
    this.init.onEnd(isComplete ? [...this.kept.values()].map(({ item }) => item) : undefined);
  }

  private slowest(): number {
    return this.positions().reduce((least, each) => Math.min(least, each), this.next);
  }

  private fastest(): number {
    return this.positions().reduce((most, each) => Math.max(most, each), 0);
  }

  private positions(): readonly number[] {
    return [...this.readers].map(({ position }) => position);
  }
}
