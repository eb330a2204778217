import { type Clock, systemClock } from '../common/clock.js';
import { currentLogId } from '../core/context/context-storage.js';
import { LOG_LEVELS, type LogLevel, LogWriter } from '../core/log/log-writer.js';
import type { ResourceMonitor, ResourceUsage } from '../core/resources/resource-usage.js';
import { ConsoleOutput, type ConsoleStream } from './outputs/console-output.js';
import { cutText } from './values/cut-text.js';
import { LineBatch } from './line-batch.js';
import { type LineFormat, lineFormat } from './line-format.js';
import { LogFiles } from './outputs/log-files.js';
import type { ResolvedLoggingOptions } from './logging.options.js';
import { maskSecrets } from './values/mask-secrets.js';
import { StderrFallback, type WriteStderr } from './outputs/stderr-fallback.js';
import { lineLogger, type LineTaker } from './winston-records.js';

/** Parts of the machine that a test replaces. @internal */
export interface LogMachine {
  readonly clock?: Clock;
  readonly stdout?: ConsoleStream;
  readonly writeStderr?: WriteStderr;
}

const OUTSIDE_OF_REQUESTS = 'default';

/**
 * The service's log: formats each record once and hands the lines to winston, whose transports are the two rotating files and the
 * console. Secrets are masked, control characters escaped, and writing neither throws nor waits. Provided under `LogWriter`.
 * @publicApi
 */
export class ServiceLogWriter extends LogWriter {
  private readonly clock: Clock;
  private readonly format: LineFormat;
  private readonly files: LogFiles | undefined;
  private readonly console: ConsoleOutput | undefined;
  private readonly fallback: StderrFallback;
  private readonly enabled: ReadonlySet<LogLevel>;
  private readonly batch: LineBatch;

  /** @throws OptionError when the file's name is taken by a device, a folder or another's link */
  constructor(
    private readonly options: ResolvedLoggingOptions,
    private readonly resources: ResourceMonitor,
    machine: LogMachine = {},
  ) {
    super();
    this.clock = machine.clock ?? systemClock;
    this.format = lineFormat(options.format, { clock: this.clock, usage: () => this.usage(), caller: options.caller });
    this.fallback = new StderrFallback(options.maxStderrLines, this.clock, machine.writeStderr);
    const early: string[] = [];
    let tell = (message: string): void => void early.push(message);
    this.files = this.openFiles((message) => tell(message));
    this.console = options.console ? new ConsoleOutput(options.colors, machine.stdout) : undefined;
    const takers = this.takers();
    this.batch = new LineBatch(lineLogger(options.level, takers));
    this.enabled = new Set(takers.length === 0 ? [] : LOG_LEVELS.slice(LOG_LEVELS.indexOf(options.level)));
    tell = (message) => this.write('WARNING', message, OUTSIDE_OF_REQUESTS);
    early.forEach(tell);
  }

  /** Lines that could neither be written to their file nor, within its bound, to the standard error. */
  override get droppedLines(): number {
    return this.fallback.droppedLines;
  }

  isEnabled(level: LogLevel): boolean {
    return this.enabled.has(level);
  }

  write(level: LogLevel, message: string, logId?: string): void {
    if (!this.enabled.has(level)) return;
    this.batch.add(level, this.format.line(level, this.masked(message), idOf(logId)));
  }

  override writePlain(level: LogLevel, message: string, logId?: string): void {
    if (message.length > this.options.maxMessageLength) return this.write(level, message, logId);
    if (this.enabled.has(level)) this.batch.add(level, this.format.plain(level, message, idOf(logId)));
  }

  async flush(): Promise<void> {
    this.batch.handOver();
    await Promise.all([this.files?.flush(), this.console?.flush()]);
  }

  /** Writes what waits without the event loop: for `process.once('exit')`, after which nothing runs. Prefer `flush()` before that. */
  override flushSync(): void {
    this.batch.handOver();
    this.files?.flushSync();
  }

  /** Flushes and closes the files. A later line is not lost: it opens them anew. */
  override async close(): Promise<void> {
    this.batch.handOver();
    await Promise.all([this.files?.close(), this.console?.flush()]);
    this.console?.close();
  }

  private openFiles(tell: (message: string) => void): LogFiles | undefined {
    const { options, clock, fallback } = this;
    if (options.file === false) return undefined;
    const warn = (message: string): void => fallback.announce(this.format.line('WARNING', this.masked(message), OUTSIDE_OF_REQUESTS));
    return new LogFiles({ file: options.file, options, clock, fallback, tell, warn });
  }

  private takers(): LineTaker[] {
    const takers: LineTaker[] = [];
    for (const output of [this.files, this.console]) if (output) takers.push((lines) => output.write(lines));
    return takers;
  }

  private masked(message: string): string {
    return maskSecrets(cutText(message, this.options.maxMessageLength));
  }

  private usage(): ResourceUsage {
    try {
      return this.resources.usage;
    } catch {
      return { cpu: 0, memory: 0, gpu: 0 }; // a monitor of the service's own may fail; a line does not
    }
  }
}

function idOf(logId: string | undefined): string {
  return logId || currentLogId() || OUTSIDE_OF_REQUESTS;
}
