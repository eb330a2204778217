import { type LoggingOptions, resolveLoggingOptions } from './logging.options.js';

const PLACE = 'WebServiceModule.forRoot()';

describe(resolveLoggingOptions.name, () => {
  it('fills each default on its own', () => {
    expect(resolveLoggingOptions({ level: 'DEBUG', console: undefined }, PLACE)).toEqual({
      file: 'logs/web_service.log',
      level: 'DEBUG',
      format: 'text',
      console: true,
      colors: 'auto',
      caller: false,
      maxValueLength: 2000,
      maxMessageLength: 65_536,
      keepFiles: 168,
      maxBufferedLength: 8 * 1024 * 1024,
      maxStderrLines: 100,
      retryIntervalMs: 5000,
      flushTimeoutMs: 3000,
    });
  });

  it('keeps `file: false`', () => {
    expect(resolveLoggingOptions({ file: false }, PLACE).file).toBe(false);
  });

  it.each<[string, object]>([
    ['"logging.file" must be a string that is not empty or false, got true', { file: true }],
    ['"logging.level" must be one of "DEBUG", "INFO", "WARNING", "ERROR", "FATAL", got "info"', { level: 'info' }],
    ['"logging.format" must be one of "text", "json", got "xml"', { format: 'xml' }],
    ['"logging.console" must be a boolean, got 1', { console: 1 }],
    ['"logging.colors" must be "auto" or a boolean, got "on"', { colors: 'on' }],
    ['"logging.caller" must be a boolean, got "yes"', { caller: 'yes' }],
    ['"logging.maxValueLength" must be an integer >= 1, got 0', { maxValueLength: 0 }],
    ['"logging.maxMessageLength" must be an integer >= 1, got 1.5', { maxMessageLength: 1.5 }],
    ['"logging.keepFiles" must be an integer >= 1, got -1', { keepFiles: -1 }],
    ['"logging.maxBufferedLength" must be an integer >= 1024, got 1', { maxBufferedLength: 1 }],
    ['"logging.maxStderrLines" must be an integer >= 0, got NaN', { maxStderrLines: Number.NaN }],
    ['"logging.retryIntervalMs" must be an integer >= 1, got 0', { retryIntervalMs: 0 }],
    ['"logging.flushTimeoutMs" must be an integer >= 1, got 0', { flushTimeoutMs: 0 }],
  ])('refuses with: %s', (text, given) => {
    expect(() => resolveLoggingOptions(given as LoggingOptions, PLACE)).toThrow(`${text} (set it in ${PLACE}).`);
  });
});
