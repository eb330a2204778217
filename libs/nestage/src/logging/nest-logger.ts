import type { LoggerService } from '@nestjs/common';
import type { LogLevel, LogWriter } from '../core/log/log-writer.js';
import { describeValue } from './values/describe-value.js';

const MAX_VALUE_LENGTH = 2000;
const STACK = /^(?:.|\n)+\n\s+at .+:\d+:\d+/;

/**
 * Nest's logger over the service's log: what Nest and `new Logger('Name')` write gets the same lines, `[Name] message`, with a stack
 * on the same line.
 *
 * @example app.useLogger(new NestLogBridge(app.get(LogWriter)));
 * @publicApi
 */
export class NestLogBridge implements LoggerService {
  constructor(private readonly writer: LogWriter) {}

  log(message: unknown, ...rest: unknown[]): void {
    this.write('INFO', message, rest);
  }

  error(message: unknown, ...rest: unknown[]): void {
    this.write('ERROR', message, rest);
  }

  warn(message: unknown, ...rest: unknown[]): void {
    this.write('WARNING', message, rest);
  }

  debug(message: unknown, ...rest: unknown[]): void {
    this.write('DEBUG', message, rest);
  }

  verbose(message: unknown, ...rest: unknown[]): void {
    this.write('DEBUG', message, rest);
  }

  fatal(message: unknown, ...rest: unknown[]): void {
    this.write('FATAL', message, rest);
  }

  /** Nest puts the context's name last, and for errors a stack, or `undefined` in its place, before it. */
  private write(level: LogLevel, message: unknown, rest: unknown[]): void {
    if (!this.writer.isEnabled(level)) return;
    const last = rest.at(-1);
    const name = typeof last === 'string' && !STACK.test(last) ? last : undefined;
    const further = (name === undefined ? rest : rest.slice(0, -1)).filter((part) => part !== undefined);
    const text = [message, ...further].map(textOf).join(' ');
    this.writer.write(level, name === undefined ? text : `[${name}] ${text}`);
  }
}

function textOf(part: unknown): string {
  if (typeof part === 'string') return part;
  if (part instanceof Error && typeof part.stack === 'string') return part.stack;
  return describeValue(part, MAX_VALUE_LENGTH);
}
