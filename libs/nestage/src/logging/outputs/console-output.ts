import type { LogLevel } from '../../core/log/log-writer.js';
import type { LogLines } from '../log-lines.js';

/** What the console needs of the standard output. @internal */
export type ConsoleStream = NodeJS.WritableStream & { readonly isTTY?: boolean; hasColors?: () => boolean; readonly destroyed?: boolean };

const RESET = '\u001b[0m';
const COLORS: Readonly<Partial<Record<LogLevel, string>>> = {
  DEBUG: '\u001b[2m',
  WARNING: '\u001b[33m',
  ERROR: '\u001b[31m',
  FATAL: '\u001b[1;31m',
};

/**
 * Writes lines to the standard output. A reader that has gone (`service | head`) does not end the service.
 * @internal
 */
export class ConsoleOutput {
  private readonly isColored: boolean;
  private isListening = false;
  private readonly ignore = (): void => undefined;

  constructor(
    colors: 'auto' | boolean,
    private readonly stream: ConsoleStream = process.stdout,
  ) {
    this.isColored = colors === 'auto' ? stream.isTTY === true && stream.hasColors?.() !== false : colors;
  }

  /** Writes lines together; the standard output of a POSIX system takes them before this returns. */
  write(lines: LogLines): void {
    if (this.stream.destroyed) return;
    this.listen();
    this.stream.write(this.isColored ? lines.all.map(({ level, line }) => `${colored(level, line)}\n`).join('') : lines.bytes);
  }

  async flush(): Promise<void> {
    if (this.stream.destroyed) return;
    await new Promise<void>((resolve) => this.stream.write('', () => resolve()));
  }

  close(): void {
    if (this.isListening) this.stream.off('error', this.ignore);
    this.isListening = false;
  }

  private listen(): void {
    if (this.isListening) return;
    this.isListening = true;
    this.stream.on('error', this.ignore);
  }
}

function colored(level: LogLevel, line: string): string {
  const color = COLORS[level];
  return color === undefined ? line : `${color}${line}${RESET}`;
}
