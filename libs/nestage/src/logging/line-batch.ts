import type { LogLevel } from '../core/log/log-writer.js';
import { type LogLine, LogLines } from './log-lines.js';
import type { LineTaker } from './winston-records.js';

/** A loop that logs without end must not fill the memory: so many lines go on before its turn is over. */
const MAX_LINES = 1000;

/**
 * Gathers the lines of one turn of the event loop and hands them on together: one record of winston's and one write of each sink, for
 * some 2 microseconds that each line cost by itself.
 * @internal
 */
export class LineBatch {
  private lines: LogLine[] = [];

  constructor(private readonly take: LineTaker) {}

  add(level: LogLevel, line: string): void {
    if (this.lines.length === 0) setImmediate(() => this.handOver());
    this.lines.push({ level, line, isCopy: false });
    if (this.lines.length >= MAX_LINES) this.handOver();
  }

  /** Hands on what there is, now. */
  handOver(): void {
    const { lines } = this;
    if (lines.length === 0) return;
    this.lines = [];
    this.take(new LogLines(lines));
  }
}
