import { kilobytes } from '../../common/size.js';
import { openHourlyStream } from './hourly-stream.js';
import { LineProgress } from './line-progress.js';
import { LineQueue } from './line-queue.js';
import { hourOf } from '../local-time.js';
import { LogChunk } from './log-chunk.js';
import type { LineBlock, LineRecord } from '../log-lines.js';
import { appendNow, waitUntilArrived } from './rescue-chunk.js';
import type { RotatingFileOptions } from './rotating-file.options.js';
import { clearStableName } from './stable-name.js';

const MAX_CHUNK_LENGTH = kilobytes(256);
const NOTHING = Buffer.alloc(0);

/**
 * One log in hourly files under a stable name. Lines are written in chunks, one at a time, so that it is known at any moment which lines
 * are on the disk. When the disk refuses, lines go back to the owner, and the file is opened anew with the first line after
 * `retryIntervalMs`.
 * @internal
 */
export class RotatingFile {
  private readonly queue: LineQueue;
  private readonly progress = new LineProgress();
  private stream: NodeJS.WritableStream | undefined;
  private currentPath: string;
  private chunk: LogChunk | undefined;
  /** End of a line that a full disk has torn: it is written next. */
  private torn: Buffer = NOTHING;
  /** Chunks that `flushSync` wrote while the stream still holds them. */
  private readonly writtenOtherwise = new WeakSet<Uint8Array>();
  private isBroken = false;
  private retryAt = Number.NEGATIVE_INFINITY;

  constructor(private readonly options: RotatingFileOptions) {
    this.queue = new LineQueue(options.maxBufferedLength);
    this.currentPath = this.hourlyPath();
    this.open();
  }

  append(block: LineBlock): void {
    this.progress.take(block.count);
    const excess = this.queue.add(block);
    if (excess.length > 0) {
      this.breakDown(new Error('the disk does not keep up'));
      this.lose(excess);
    }
    this.pump();
  }

  /** Tries the disk again with the next line, whatever the pause. */
  retryNow(): void {
    this.retryAt = Number.NEGATIVE_INFINITY;
  }

  /** Resolves when every line so far is on the disk or given back; after `timeoutMs` those that are not are given back. */
  async flush(timeoutMs: number): Promise<void> {
    this.pump();
    const isInTime = await this.inTime(timeoutMs, (done) => this.progress.whenSettled(done));
    if (!isInTime) this.fail(new Error(`the disk did not answer within ${timeoutMs} ms`));
  }

  /**
   * Writes what is left without the event loop: for the last moment of a process. Each line is written once, unless the threads that
   * write for Node are busy for longer than one can wait: rather twice than never.
   */
  flushSync(): void {
    const underWay = this.chunk ? this.takeBack(this.chunk) : NOTHING;
    const waiting = this.queue.take();
    const bytes = Buffer.concat([underWay, ...waiting.map((block) => block.bytes)]);
    const isOnDisk = bytes.length === 0 || appendNow(this.currentPath, bytes);
    const inChunk = this.chunk?.records ?? [];
    const records = waiting.flatMap((block) => block.records);
    this.chunk = undefined;
    if (isOnDisk) this.progress.settle(inChunk.length + records.length);
    else this.lose(underWay.length > 0 ? [...inChunk, ...records] : records);
  }

  /** Flushes and gives the file back to the system; a later line opens it anew. */
  async close(timeoutMs: number): Promise<void> {
    await this.flush(timeoutMs);
    const { stream } = this;
    this.stream = undefined;
    if (!stream) return;
    await this.inTime(timeoutMs, (done) => {
      stream.once('close', done); // 'finish' comes before the system has the file back
      stream.end();
    });
  }

  private pump(): void {
    if (this.chunk || this.queue.isEmpty) return;
    if (!this.stream && !this.open()) {
      this.loseWaiting();
      return;
    }
    this.chunk = new LogChunk(this.torn, this.queue.take(MAX_CHUNK_LENGTH));
    try {
      this.stream?.write(this.chunk.bytes);
    } catch (error) {
      this.fail(error as Error); // the folder went away at the turn of the hour
    }
  }

  private open(): boolean {
    const { path, keepFiles, clock, owner } = this.options;
    if (clock.elapsed() < this.retryAt) return false;
    this.currentPath = this.hourlyPath();
    try {
      const aside = clearStableName(path, clock.now());
      const stream = openHourlyStream({
        path,
        keepFiles,
        watcher: { starts: (bytes) => this.starts(bytes), wrote: (count) => this.stream === stream && this.wrote(count) },
        onError: (error) => this.stream === stream && this.fail(error),
        onFile: (current) => (this.currentPath = current),
      });
      this.stream = stream;
      if (aside !== undefined) owner.movedAside(path, aside);
      return true;
    } catch (error) {
      this.fail(error as Error);
      return false;
    }
  }

  private starts(bytes: Uint8Array): boolean {
    if (this.writtenOtherwise.has(bytes)) return false;
    if (this.chunk) this.chunk.isDispatched = true;
    return true;
  }

  private wrote(count: number): void {
    const { chunk } = this;
    if (!chunk) return;
    chunk.written += count;
    if (!chunk.isWritten) return;
    this.chunk = undefined;
    this.torn = NOTHING;
    if (this.isBroken && this.queue.isCalm) {
      this.isBroken = false;
      this.options.owner.mended();
    }
    this.progress.settle(chunk.count);
    this.pump();
  }

  /** The disk refuses: what is not on it goes back to the owner, and the stream is given up. */
  private fail(error: Error): void {
    const { chunk, stream } = this;
    this.stream = undefined;
    this.chunk = undefined;
    this.retryAt = this.options.clock.elapsed() + this.options.retryIntervalMs;
    this.breakDown(error);
    if (chunk) {
      const { torn, lost } = chunk.leftOver();
      this.torn = torn;
      this.progress.settle(chunk.count - lost.length);
      this.lose(lost);
    }
    this.loseWaiting();
    stream?.end();
  }

  private breakDown(error: Error): void {
    if (this.isBroken) return;
    this.isBroken = true;
    this.options.owner.broke(this.options.path, error);
  }

  private loseWaiting(): void {
    this.lose(this.queue.take().flatMap((block) => block.records));
  }

  private lose(records: readonly LineRecord[]): void {
    for (const { line, isCopy } of records) if (!isCopy) this.options.owner.lost(line);
    this.progress.settle(records.length);
  }

  /** What of a chunk under way is not on the disk, and will not be written by the stream either. */
  private takeBack(chunk: LogChunk): Buffer {
    const rest = chunk.bytes.subarray(chunk.written);
    if (!chunk.isDispatched) this.writtenOtherwise.add(chunk.bytes);
    return chunk.isDispatched && waitUntilArrived(this.currentPath, rest) ? NOTHING : rest;
  }

  /** @returns whether it was done before the time was over */
  private inTime(timeoutMs: number, start: (done: () => void) => void): Promise<boolean> {
    return new Promise((resolve) => {
      const cancel = this.options.clock.schedule(timeoutMs, () => resolve(false));
      start(() => {
        cancel();
        resolve(true);
      });
    });
  }

  private hourlyPath(): string {
    return `${this.options.path}.${hourOf(new Date())}`;
  }
}
