import { Logger } from '@nestjs/common';
import { type LogLevel, LogWriter } from '../core/log/log-writer.js';
import { NestLogBridge } from './nest-logger.js';

class Lines extends LogWriter {
  readonly lines: string[] = [];

  constructor(private readonly isDebugging = true) {
    super();
  }

  isEnabled(level: LogLevel): boolean {
    return this.isDebugging || level !== 'DEBUG';
  }

  write(level: LogLevel, message: string): void {
    this.lines.push(`${level} ${message}`);
  }

  async flush(): Promise<void> {}
}

describe(NestLogBridge.name, () => {
  let lines: string[];
  let logger: Logger;

  beforeEach(() => {
    const writer = new Lines();
    ({ lines } = writer);
    Logger.overrideLogger(new NestLogBridge(writer));
    logger = new Logger('Place');
  });

  afterEach(() => Logger.overrideLogger(['log']));

  it("carries each of Nest's levels with the name of its context", () => {
    for (const level of ['log', 'warn', 'debug', 'verbose', 'fatal'] as const) logger[level](`by ${level}`);
    expect(lines).toEqual([
      'INFO [Place] by log',
      'WARNING [Place] by warn',
      'DEBUG [Place] by debug',
      'DEBUG [Place] by verbose',
      'FATAL [Place] by fatal',
    ]);
  });

  it('puts an error, its stack and its context into one record', () => {
    const { stack = '' } = new Error('no model');
    logger.error('failed', stack);
    logger.error('failed');
    logger.error(new TypeError('odd'));
    expect(lines[0]).toBe(`ERROR [Place] failed ${stack}`);
    expect(lines[1]).toBe('ERROR [Place] failed');
    expect(lines[2]).toMatch(/^ERROR \[Place\] TypeError: odd\n +at /);
    expect(lines).toHaveLength(3);
  });

  it('describes further values', () => {
    logger.log('loaded', { password: 'x', layers: 3 });
    new Logger().log({ a: 1 });
    expect(lines).toEqual(['INFO [Place] loaded {"password":"***","layers":3}', 'INFO {"a":1}']);
  });

  it('describes nothing for a level that is not kept', () => {
    const writer = new Lines(false);
    const unread = {
      get field(): never {
        throw new Error('read');
      },
    };
    new NestLogBridge(writer).debug(unread, 'Place');
    expect(writer.lines).toEqual([]);
  });
});
