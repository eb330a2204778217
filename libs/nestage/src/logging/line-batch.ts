import type { LogLevel } from '../core/log/log-writer.js';
import { type LogLine, LogLines } from './log-lines.js';
import type { LineTaker } from './winston-records.js';

/** How long an ordinary line waits for others. A write costs the process some 25 microseconds, whatever its length. */
const MAX_WAIT_MS = 10;
/** A loop that logs without end must not fill the memory: so many lines go on before its turn is over. */
const MAX_LINES = 1000;

/**
 * Gathers lines and hands them on together: one record of winston's and one write of each sink. Ordinary lines wait for 10 ms at most;
 * with one of WARNING or above, all go at the end of the turn of the event loop.
 * @internal
 */
export class LineBatch {
  private lines: LogLine[] = [];
  private timer: NodeJS.Timeout | undefined;
  private isUrgent = false;

  constructor(private readonly take: LineTaker) {}

  add(level: LogLevel, line: string): void {
    this.timer ??= setTimeout(() => this.handOver(), MAX_WAIT_MS);
    this.lines.push({ level, line, isCopy: false });
    if (level !== 'INFO' && level !== 'DEBUG') this.hurry();
    if (this.lines.length >= MAX_LINES) this.handOver();
  }

  /** Hands on what there is, now. */
  handOver(): void {
    clearTimeout(this.timer);
    this.timer = undefined;
    this.isUrgent = false;
    const { lines } = this;
    if (lines.length === 0) return;
    this.lines = [];
    this.take(new LogLines(lines));
  }

  private hurry(): void {
    if (this.isUrgent) return;
    this.isUrgent = true;
    setImmediate(() => this.isUrgent && this.handOver());
  }
}
