import type { LogLevel, LogWriter } from './log-writer.js';

/**
 * A logger bound to one log id: `context.logger` of a stage.
 * @publicApi
 */
export class StageLogger {
  constructor(
    private readonly writer: LogWriter,
    private readonly logId: string,
  ) {}

  /** Whether lines of this level are kept at all; ask before an expensive message is built. */
  isEnabled(level: LogLevel): boolean {
    return this.writer.isEnabled(level);
  }

  /** @param message a text, or a function that makes it only when the level is kept */
  debug(message: string | (() => string)): void {
    this.log('DEBUG', message);
  }

  info(message: string | (() => string)): void {
    this.log('INFO', message);
  }

  warn(message: string | (() => string)): void {
    this.log('WARNING', message);
  }

  error(message: string | (() => string)): void {
    this.log('ERROR', message);
  }

  fatal(message: string | (() => string)): void {
    this.log('FATAL', message);
  }

  /** Writes at INFO a text that holds no secret and no control character. @internal */
  plain(message: string): void {
    this.writer.writePlain('INFO', message, this.logId);
  }

  private log(level: LogLevel, message: string | (() => string)): void {
    if (!this.writer.isEnabled(level)) return;
    this.writer.write(level, typeof message === 'string' ? message : message(), this.logId);
  }
}
