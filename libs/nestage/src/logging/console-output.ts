import type { LogLevel } from '../core/log/log-writer.js';

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
 * Writes lines to the standard output, those of one turn of the event loop together. A reader that has gone (`service | head`) does not
 * end the service.
 * @internal
 */
export class ConsoleOutput {
  private readonly isColored: boolean;
  private text = '';
  private isListening = false;
  private readonly ignore = (): void => undefined;

  constructor(
    colors: 'auto' | boolean,
    private readonly stream: ConsoleStream = process.stdout,
  ) {
    this.isColored = colors === 'auto' ? stream.isTTY === true && stream.hasColors?.() !== false : colors;
  }

  append(level: LogLevel, line: string): void {
    if (this.text === '') setImmediate(() => this.flushSync());
    const color = this.isColored ? COLORS[level] : undefined;
    this.text += color === undefined ? `${line}\n` : `${color}${line}${RESET}\n`;
  }

  /** Writes at once what waits; the standard output of a POSIX system takes it before this returns. */
  flushSync(): void {
    const { text } = this;
    this.text = '';
    if (text === '' || this.stream.destroyed) return;
    this.listen();
    this.stream.write(text);
  }

  async flush(): Promise<void> {
    this.flushSync();
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
