import { checkOptions, either, integer, oneOf, typed } from '../common/option-checks.js';
import { kilobytes, megabytes } from '../common/size.js';
import { seconds } from '../common/duration.js';
import { LOG_LEVELS, type LogLevel } from '../core/log/log-writer.js';

/** How a log line looks: the bracketed fields of one text line, or one JSON object a line. @publicApi */
export type LogFormat = 'text' | 'json';

/** Options of the log. @publicApi */
export interface LoggingOptions {
  /**
   * The log's stable name. It is a link to the file of the current hour, `<file>.YYYYMMDDHH`; WARNING and above are in `<file>.wf`.
   * `false` writes no files. @default 'logs/web_service.log'
   */
  readonly file?: string | false;
  /** Least severe level that is kept. @default 'INFO' */
  readonly level?: LogLevel;
  /** @default 'text' */
  readonly format?: LogFormat;
  /** Writes every line to the standard output too. @default true */
  readonly console?: boolean;
  /** Colours lines on the console by their level; 'auto' asks whether it is a terminal that shows them. @default 'auto' */
  readonly colors?: 'auto' | boolean;
  /** Adds `[file:line]` of the code that logs; costs some 10 microseconds a line. @default false */
  readonly caller?: boolean;
  /** Characters of a request, a stage's value or a result that are shown before it is cut. @default 2000 */
  readonly maxValueLength?: number;
  /** Characters of a message before it is cut. @default 65 536 */
  readonly maxMessageLength?: number;
  /** Hourly files kept of each log; older ones are removed. @default 168 */
  readonly keepFiles?: number;
  /** Lines of one file held in memory while its disk is slow, in characters; more are treated as on a full disk. @default 8 MB */
  readonly maxBufferedLength?: number;
  /** Lines that go to the standard error within 10 seconds while a file can't be written; more are dropped and counted. @default 100 */
  readonly maxStderrLines?: number;
  /** Pause between two attempts to write a file that could not be written. @default 5000 */
  readonly retryIntervalMs?: number;
  /** Longest time that `flush()` waits for the disk. @default 3000 */
  readonly flushTimeoutMs?: number;
}

/** Options of the log with every default filled. @internal */
export type ResolvedLoggingOptions = Readonly<Required<LoggingOptions>>;

declare module '../core/options/web-service.options.js' {
  interface WebServiceOptions {
    /** What is logged where. */
    readonly logging?: LoggingOptions;
  }
}

const CHECKS = {
  file: either(typed('string'), oneOf(false)),
  level: oneOf(...LOG_LEVELS),
  format: oneOf('text', 'json'),
  console: typed('boolean'),
  colors: either(oneOf('auto'), typed('boolean')),
  caller: typed('boolean'),
  maxValueLength: integer(1),
  maxMessageLength: integer(1),
  keepFiles: integer(1),
  maxBufferedLength: integer(kilobytes(1)),
  maxStderrLines: integer(0),
  retryIntervalMs: integer(1),
  flushTimeoutMs: integer(1),
};

/**
 * Fills the defaults field by field.
 * @param place where a reader sets the options, such as `WebServiceModule.forRoot()`
 * @throws OptionError
 * @internal
 */
export function resolveLoggingOptions(given: LoggingOptions, place: string): ResolvedLoggingOptions {
  checkOptions(given, CHECKS, place, 'logging.');
  return {
    file: given.file ?? 'logs/web_service.log',
    level: given.level ?? 'INFO',
    format: given.format ?? 'text',
    console: given.console ?? true,
    colors: given.colors ?? 'auto',
    caller: given.caller ?? false,
    maxValueLength: given.maxValueLength ?? 2000,
    maxMessageLength: given.maxMessageLength ?? kilobytes(64),
    keepFiles: given.keepFiles ?? 168,
    maxBufferedLength: given.maxBufferedLength ?? megabytes(8),
    maxStderrLines: given.maxStderrLines ?? 100,
    retryIntervalMs: given.retryIntervalMs ?? seconds(5),
    flushTimeoutMs: given.flushTimeoutMs ?? seconds(3),
  };
}
