import winston from 'winston';
import type TransportStream from 'winston-transport';
import { LOG_LEVELS, type LogLevel } from '../core/log/log-writer.js';
import type { LogLines } from './log-lines.js';

/** Takes finished lines, at once. @internal */
export type LineTaker = (lines: LogLines) => void;

/** Where winston's transports look for the level and the text; and where those here look for the lines. */
const LEVEL = Symbol.for('level');
const MESSAGE = Symbol.for('message');
const LINES = Symbol('nestage:lines');

/** Severity as winston counts it: 0 is the most severe. */
const WINSTON_LEVELS = Object.fromEntries([...LOG_LEVELS].reverse().map((level, severity) => [level, severity]));

/** The base class of transports: winston exports it, its typings do not say so. */
const { Transport } = winston as unknown as { Transport: typeof TransportStream };

class LineTransport extends Transport {
  constructor(private readonly take: LineTaker) {
    super();
  }

  override log(record: { readonly [LINES]: LogLines }, next: () => void): void {
    this.take(record[LINES]);
    next();
  }
}

/**
 * A winston logger with one transport for each taker. Lines come finished, and all of one turn as one record, so that no format of
 * winston's is run; they are with the takers when the call returns.
 * @internal
 */
export function lineLogger(level: LogLevel, takers: readonly LineTaker[]): LineTaker {
  const logger = winston.createLogger({
    level,
    levels: WINSTON_LEVELS,
    format: { transform: (record) => record },
    transports: takers.map((take) => new LineTransport(take)),
  });
  return (lines) => void logger.write({ level, message: '', [LEVEL]: level, [MESSAGE]: '', [LINES]: lines });
}
