import { availableCpus } from './core/resources/cgroup-limits.js';
import { readEnvironment } from './environment.js';
import { resolveStartOptions } from './start-options.js';
import { resolveWorkersOptions, type WorkersOptions } from './processes/workers.options.js';

describe('options of workers', () => {
  it('are one process by default, a number, or one for each CPU', () => {
    expect(resolveWorkersOptions(undefined)).toEqual({ count: 1, stuckAfterMs: 60_000, answerTimeoutMs: 500 });
    expect(resolveWorkersOptions(3).count).toBe(3);
    expect(resolveWorkersOptions('auto').count).toBe(availableCpus());
    expect(resolveWorkersOptions({ count: 2, stuckAfterMs: false })).toEqual({ count: 2, stuckAfterMs: false, answerTimeoutMs: 500 });
  });

  it('win over WORKERS, field by field', () => {
    expect(resolveWorkersOptions(undefined, 4).count).toBe(4);
    expect(resolveWorkersOptions(2, 4).count).toBe(2);
    expect(resolveWorkersOptions({ answerTimeoutMs: 50 }, 4)).toEqual({ count: 4, stuckAfterMs: 60_000, answerTimeoutMs: 50 });
  });

  it.each<[WorkersOptions, string]>([
    [{ count: 0 }, '"workers.count" must be an integer from 1 to 1024 or "auto", got 0 (set it in startWebService()).'],
    [{ stuckAfterMs: 100 }, '"workers.stuckAfterMs" must be an integer >= 5000 or false, got 100 (set it in startWebService()).'],
    [{ answerTimeoutMs: 1 }, '"workers.answerTimeoutMs" must be an integer >= 10, got 1 (set it in startWebService()).'],
    [{ number: 2 } as WorkersOptions, '"workers.number" is not an option'],
  ])('refuse %j', (options, message) => {
    expect(() => resolveWorkersOptions(options)).toThrow(message);
  });

  it('refuse what is no number of processes', () => {
    expect(() => resolveStartOptions({ workers: 1.5 }, {})).toThrow(
      '"workers" must be an integer from 1 to 1024 or "auto" or an object, got 1.5 (set it in startWebService()).',
    );
    for (const WORKERS of ['0', '-1', 'all', '2.5', '2000']) {
      expect(() => readEnvironment({ WORKERS })).toThrow(`"WORKERS" must be an integer from 1 to 1024 or "auto", got "${WORKERS}"`);
    }
    expect([undefined, '', 'auto', '8'].map((WORKERS) => readEnvironment({ WORKERS }).workers)).toEqual([undefined, undefined, 'auto', 8]);
  });
});
