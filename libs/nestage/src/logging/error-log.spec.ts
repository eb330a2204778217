import type { StageContext } from '../core/context/stage-context.js';
import { ErrorReporter } from '../core/errors/error-reporter.js';
import { BusinessError, FatalError, ModelError, ValidationError } from '../core/errors/service-errors.js';
import { type LogLevel, LogWriter } from '../core/log/log-writer.js';
import { ErrorLog } from './error-log.js';

interface Line {
  readonly level: LogLevel;
  readonly message: string;
  readonly logId: string | undefined;
}

class Lines extends LogWriter {
  readonly lines: Line[] = [];

  constructor(private readonly isDebugging: boolean) {
    super();
  }

  isEnabled(level: LogLevel): boolean {
    return this.isDebugging || level !== 'DEBUG';
  }

  write(level: LogLevel, message: string, logId?: string): void {
    this.lines.push({ level, message, logId });
  }

  async flush(): Promise<void> {}
}

const CONTEXT = { logId: 'id-1', path: '/v1/summaries', origin: 'http' } as StageContext;

function linesOf(report: (reporter: ErrorReporter) => void, isDebugging = false): Line[] {
  const reporter = new ErrorReporter();
  const writer = new Lines(isDebugging);
  new ErrorLog(reporter, writer);
  report(reporter);
  return writer.lines;
}

function detailsIn(line: Line | undefined): Record<string, unknown> {
  expect(line?.message).toMatch(/^Error details: \{/);
  return JSON.parse(line!.message.slice('Error details: '.length)) as Record<string, unknown>;
}

describe(ErrorLog.name, () => {
  it('writes one WARNING for what is the client’s fault', () => {
    const lines = linesOf((reporter) => {
      reporter.report(new ValidationError('messages[0].role must be a string'), 'request', CONTEXT);
      reporter.report(new BusinessError('no such order'), 'stage', CONTEXT);
    });
    expect(lines).toEqual([
      { level: 'WARNING', message: 'request Validation error: messages[0].role must be a string', logId: 'id-1' },
      { level: 'WARNING', message: 'Failed to process request: no such order', logId: 'id-1' },
    ]);
  });

  it('adds the details of such an error at DEBUG only', () => {
    const [first, second] = linesOf((reporter) => reporter.report(new BusinessError('no such order'), 'stage', CONTEXT), true);
    expect([first?.level, second?.level]).toEqual(['WARNING', 'DEBUG']);
    expect(detailsIn(second)['error_type']).toBe('BusinessError');
  });

  it('writes the whole story of what is the service’s own fault in one further line', () => {
    const cause = new RangeError('index 7 out of range', { cause: 'a text that was thrown' });
    const [first, second, ...more] = linesOf((reporter) => reporter.report(new ModelError('model died', { cause }), 'stage', CONTEXT));
    expect(first).toEqual({ level: 'ERROR', message: 'Failed to process request: model died', logId: 'id-1' });
    expect(second).toMatchObject({ level: 'ERROR', logId: 'id-1' });
    expect(detailsIn(second)).toEqual({
      error_type: 'ModelError',
      error_message: 'model died',
      traceback: expect.stringMatching(
        /ModelError: model died\n +at [^]*Caused by: RangeError: index 7 out of range\n +at [^]*Caused by: string: a text that was thrown$/,
      ),
      context: { handler: '/v1/summaries', origin: 'http', place: 'stage', code: 'model_error', tier: 'L3', status: 502 },
    });
    expect(more).toEqual([]);
  });

  it.each([
    ['response', 'response Validation error: broken'],
    ['initialize', 'Failed to initialize config: broken'],
    ['health', 'Failed to check health: broken'],
  ] as const)('names the place: %s', (place, message) => {
    const [first, second] = linesOf((reporter) => reporter.report(new Error('broken'), place));
    expect(first).toEqual({ level: 'ERROR', message, logId: undefined });
    expect(detailsIn(second)['context']).toEqual({ place, code: 'internal_error', tier: 'L3', status: 500 });
  });

  it('writes a FATAL line for what nobody should go on after', () => {
    const lines = linesOf((reporter) => reporter.report(new FatalError('weights are corrupt'), 'stage'));
    expect(lines.map(({ level }) => level)).toEqual(['FATAL', 'FATAL']);
  });

  it('masks secrets in messages, tracebacks and causes, and keeps the details JSON', () => {
    const cause = new Error('GET https://me:hunter2@upstream/v1 with api_key="hunter2" failed');
    const lines = linesOf((reporter) => reporter.report(new Error('Authorization: Bearer hunter2hunter2', { cause }), 'stage'));
    expect(detailsIn(lines[1])['error_message']).toBe('Authorization: Bearer ***');
    expect(JSON.stringify(lines)).not.toContain('hunter2');
  });

  it.each<[string, () => unknown]>([
    ['undefined', () => undefined],
    ['null', () => null],
    ['a text', () => 'just a text'],
    ['an object', () => ({ odd: true })],
    [
      'an object that throws when read',
      () => ({
        get message(): never {
          throw new Error('unreadable');
        },
      }),
    ],
  ])('tells of whatever is thrown: %s', (_what, thrown) => {
    const lines = linesOf((reporter) => reporter.report(thrown(), 'stage'));
    expect(lines).toHaveLength(2);
    expect(detailsIn(lines[1])).toHaveProperty('error_type');
  });

  it('bounds messages and tracebacks', () => {
    const lines = linesOf((reporter) => reporter.report(new Error('x'.repeat(1_000_000)), 'stage'));
    expect(lines[0].message.length).toBeLessThan(5000);
    expect(lines[1].message.length).toBeLessThan(25_000);
    detailsIn(lines[1]);
  });
});
