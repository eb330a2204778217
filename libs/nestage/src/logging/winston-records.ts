import winston from 'winston';
import type TransportStream from 'winston-transport';
import { LOG_LEVELS, type LogLevel } from '../core/log/log-writer.js';

/** Takes one finished line, at once. @internal */
export type LineTaker = (level: LogLevel, line: string) => void;

/** Where winston's transports look for the level and the finished line. */
const LEVEL = Symbol.for('level');
const MESSAGE = Symbol.for('message');

/** Severity as winston counts it: 0 is the most severe. */
const WINSTON_LEVELS = Object.fromEntries([...LOG_LEVELS].reverse().map((level, severity) => [level, severity]));

/** The base class of transports: winston exports it, its typings do not say so. */
const { Transport } = winston as unknown as { Transport: typeof TransportStream };

class LineTransport extends Transport {
  constructor(private readonly take: LineTaker) {
    super();
  }

  override log(record: { readonly level: LogLevel; readonly message: string }, next: () => void): void {
    this.take(record.level, record.message);
    next();
  }
}

/**
 * A winston logger with one transport for each taker. Lines come finished, so that no format of winston's is run, and are with the
 * takers when the call returns.
 * @internal
 */
export function lineLogger(level: LogLevel, takers: readonly LineTaker[]): LineTaker {
  const logger = winston.createLogger({
    level,
    levels: WINSTON_LEVELS,
    format: { transform: (record) => record },
    transports: takers.map((take) => new LineTransport(take)),
  });
  return (of, line) => void logger.write({ level: of, message: line, [LEVEL]: of, [MESSAGE]: line });
}
