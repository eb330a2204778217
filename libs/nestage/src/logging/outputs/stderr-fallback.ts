import { writeSync } from 'node:fs';
import type { Clock } from '../../common/clock.js';
import { seconds } from '../../common/duration.js';

/** Writes a text whole to the standard error; `false` when that is not possible now. @internal */
export type WriteStderr = (text: string) => boolean;

const WINDOW_MS = seconds(10);

/**
 * Where lines go that no file takes: to the standard error, so many within 10 seconds, and beyond that they are counted.
 * @internal
 */
export class StderrFallback {
  private windowStart = Number.NEGATIVE_INFINITY;
  private usedInWindow = 0;
  private dropped = 0;
  private written = 0;

  constructor(
    private readonly maxLines: number,
    private readonly clock: Clock,
    private readonly writeStderr: WriteStderr = writeStderrSync,
  ) {}

  /** Lines that nobody can read any more. */
  get droppedLines(): number {
    return this.dropped;
  }

  /** Lines that went to the standard error in place of their file. */
  get writtenLines(): number {
    return this.written;
  }

  take(line: string): void {
    const now = this.clock.elapsed();
    if (now - this.windowStart >= WINDOW_MS) {
      this.windowStart = now;
      this.usedInWindow = 0;
    }
    if (this.usedInWindow < this.maxLines && this.writeStderr(`${line}\n`)) {
      this.usedInWindow++;
      this.written++;
    } else {
      this.dropped++;
    }
  }

  /** Writes a line about the log itself, beyond the bound. */
  announce(line: string): void {
    this.writeStderr(`${line}\n`);
  }
}

/** Goes past `process.stderr`, which a full disk behind it would end for good. */
function writeStderrSync(text: string): boolean {
  try {
    let rest = Buffer.from(text);
    while (rest.length > 0) rest = rest.subarray(writeSync(2, rest));
    return true;
  } catch {
    return false; // a closed or a full pipe: whoever read it has gone or does not keep up
  }
}
