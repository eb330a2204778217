import { resolve } from 'node:path';
import type { Clock } from '../../common/clock.js';
import { OptionError } from '../../common/option-checks.js';
import { isMinor, LineBlock, type LogLine, type LogLines } from '../log-lines.js';
import type { ResolvedLoggingOptions } from '../logging.options.js';
import type { RotatingFileOptions, RotatingFileOwner } from './rotating-file.options.js';
import { RotatingFile } from './rotating-file.js';
import type { StderrFallback } from './stderr-fallback.js';
import { stateOfStableName } from './stable-name.js';

/** @internal */
export interface LogFilesOptions {
  /** Stable name of the log, as given. */
  readonly file: string;
  readonly options: ResolvedLoggingOptions;
  readonly clock: Clock;
  readonly fallback: StderrFallback;
  /** Writes a line about the log into the log. */
  readonly tell: (message: string) => void;
  /** Writes a line about the log to the standard error alone. */
  readonly warn: (message: string) => void;
}

/**
 * The two files of a log: `file` with all below ERROR, `file.wf` with WARNING and above. A time in which one of them can't be written
 * is told once at its beginning and once at its end.
 * @internal
 */
export class LogFiles implements RotatingFileOwner {
  private readonly main: RotatingFile;
  private readonly severe: RotatingFile;
  private outage: { readonly written: number; readonly dropped: number } | undefined;

  /** @throws OptionError when the name belongs to a device, a folder or another's link */
  constructor(private readonly given: LogFilesOptions) {
    const main = stablePath(given.file);
    const severe = stablePath(`${given.file}.wf`);
    this.main = new RotatingFile(this.fileOptions(main));
    this.severe = new RotatingFile(this.fileOptions(severe));
  }

  /** Gives lines to the files of their levels. */
  write(lines: LogLines): void {
    if (lines.isMinor) return this.main.append(new LineBlock(lines.bytes, lines.count)); // nearly always
    const { all } = lines;
    this.main.append(LineBlock.of(all.filter((each) => !isError(each))));
    this.severe.append(LineBlock.of(all.filter(({ level }) => !isMinor(level)).map((each) => ({ ...each, isCopy: !isError(each) }))));
  }

  async flush(): Promise<void> {
    const { flushTimeoutMs } = this.given.options;
    await Promise.all([this.main.flush(flushTimeoutMs), this.severe.flush(flushTimeoutMs)]);
  }

  flushSync(): void {
    this.main.flushSync();
    this.severe.flushSync();
  }

  async close(): Promise<void> {
    const { flushTimeoutMs } = this.given.options;
    await Promise.all([this.main.close(flushTimeoutMs), this.severe.close(flushTimeoutMs)]);
  }

  lost(line: string): void {
    this.given.fallback.take(line);
  }

  broke(path: string, error: Error): void {
    if (this.outage) return;
    const { fallback, options, warn } = this.given;
    this.outage = { written: fallback.writtenLines, dropped: fallback.droppedLines };
    warn(
      `Log file ${path} can't be written: ${error.message}. Its lines go to the standard error, at most ${options.maxStderrLines} ` +
        `in 10 s, until it can; the rest are dropped and counted`,
    );
  }

  mended(): void {
    if (!this.outage) return;
    const { fallback, tell } = this.given;
    const written = fallback.writtenLines - this.outage.written;
    const dropped = fallback.droppedLines - this.outage.dropped;
    this.outage = undefined;
    this.main.retryNow();
    this.severe.retryNow();
    tell(`Log files can be written again: meanwhile ${written} lines went to the standard error and ${dropped} were dropped`);
  }

  movedAside(path: string, aside: string): void {
    this.given.tell(`${path} was a file of another program and is now ${aside}: the name is a link to the log of the current hour`);
  }

  private fileOptions(path: string): RotatingFileOptions {
    const { keepFiles, maxBufferedLength, retryIntervalMs } = this.given.options;
    return { path, keepFiles, maxBufferedLength, retryIntervalMs, clock: this.given.clock, owner: this };
  }
}

function stablePath(file: string): string {
  const path = resolve(file);
  if (stateOfStableName(path) === 'foreign') {
    throw new OptionError(
      `"logging.file" must not be a device, a folder or a link of another program, got "${file}" ` +
        `(set it in LOG_FILE or the logging options; "file: false" with "console: true" writes to the standard output alone).`,
    );
  }
  return path;
}

const isError = ({ level }: LogLine): boolean => level === 'ERROR' || level === 'FATAL';
