import { kilobytes } from '../common/size.js';
import type { LogLevel } from '../core/log/log-writer.js';
import { LineBytes } from './line-bytes.js';
import { isMinor, LogLines } from './log-lines.js';
import type { LineTaker } from './winston-records.js';

/** How long an ordinary line waits for others. A write costs the process some 25 microseconds, whatever its length. */
const MAX_WAIT_MS = 10;
/** A loop that logs without end must not fill the memory: lines of so many bytes go on before its turn is over. They fit into one slab. */
const MAX_LENGTH = kilobytes(224);

/**
 * Gathers lines and hands them on together: one record of winston's and one write of each sink. Ordinary lines wait for 10 ms at most;
 * with one of WARNING or above, all go at the end of the turn of the event loop.
 * @internal
 */
export class LineBatch {
  private readonly bytes = new LineBytes();
  private runs: { level: LogLevel; count: number }[] = [];
  private timer: NodeJS.Timeout | undefined;
  private isUrgent = false;

  constructor(private readonly take: LineTaker) {}

  add(level: LogLevel, line: string): void {
    this.timer ??= setTimeout(() => this.handOver(), MAX_WAIT_MS);
    this.bytes.add(line);
    this.note(level);
    if (!isMinor(level)) this.hurry();
    if (this.bytes.length >= MAX_LENGTH) this.handOver();
  }

  /** Hands on what there is, now. */
  handOver(): void {
    clearTimeout(this.timer);
    this.timer = undefined;
    this.isUrgent = false;
    const { runs } = this;
    if (runs.length === 0) return;
    this.runs = [];
    this.take(new LogLines(this.bytes.take(), runs));
  }

  private note(level: LogLevel): void {
    const last = this.runs.at(-1);
    if (last?.level === level) last.count++;
    else this.runs.push({ level, count: 1 });
  }

  private hurry(): void {
    if (this.isUrgent) return;
    this.isUrgent = true;
    setImmediate(() => this.isUrgent && this.handOver());
  }
}
