import fc from 'fast-check';
import { setTimeout as sleep } from 'node:timers/promises';
import type TaskWorker from '../../../../test/support/threads/task.worker.js';
import { until } from '../../../../test/support/until.js';
import { TraceCarrier } from '../core/context/trace-carrier.js';
import { HealthService } from '../core/health/health.service.js';
import { StageEvents } from '../core/pipeline/stage-events.js';
import { StageGauges } from '../core/pipeline/stage-gauges.js';
import { MemoryLogWriter } from '../testing/memory-log-writer.js';
import { WorkerPools } from './worker-pools.js';

interface Step {
  readonly kind: 'sleep' | 'plain' | 'later' | 'exit' | 'wait';
  /** When it comes after the one before, and when its caller leaves. */
  readonly afterMs: number;
  readonly abortMs: number | undefined;
}

const THREADS = 2;
const QUEUE = 4;

const step: fc.Arbitrary<Step> = fc.record({
  kind: fc.oneof(
    { weight: 10, arbitrary: fc.constantFrom('sleep' as const, 'plain' as const) },
    { weight: 1, arbitrary: fc.constantFrom('exit' as const, 'later' as const) },
    { weight: 2, arbitrary: fc.constant('wait' as const) },
  ),
  afterMs: fc.integer({ min: 0, max: 3 }),
  abortMs: fc.option(fc.integer({ min: 0, max: 20 }), { nil: undefined, freq: 3 }),
});

/** What a task of its own may come to, beside being refused or leaving in time. */
const OWN: Readonly<Record<Step['kind'], string>> = {
  sleep: 'gave slept 3',
  plain: 'E_PLAIN',
  later: 'model_error',
  exit: 'model_error',
  wait: 'TimeoutError',
};

function mayEnd(kind: Step['kind'], abortMs: number | undefined, outcome: string): boolean {
  return outcome === OWN[kind] || outcome === 'overloaded' || (abortMs !== undefined && outcome === 'TimeoutError');
}

describe('a pool under random arrivals, aborts, failures and crashes', () => {
  const log = new MemoryLogWriter();
  const pools = new WorkerPools(log, new StageEvents(), new HealthService({ log }), new TraceCarrier(), new StageGauges());
  const url = new URL('../../../../test/support/threads/task.worker.js', import.meta.url);
  const pool = pools.create<TaskWorker>({ url, threads: THREADS, maxQueue: QUEUE, killAfterMs: 50 });
  beforeAll(() => pool.start());
  afterAll(() => pool.stop());

  it('answers each task once and as it deserves, keeps its bounds, and is at rest in the end', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 10, maxLength: 30 }), async (steps) => {
        let most = 0;
        const answers: Promise<string>[] = [];
        for (const { kind, afterMs, abortMs } of steps) {
          if (afterMs > 0) await sleep(afterMs);
          const signal = abortMs === undefined && kind !== 'wait' ? undefined : AbortSignal.timeout(abortMs ?? 10);
          const answer = pool.run({ kind, count: 3 }, { ...(signal && { signal }) }).then(
            (value) => `gave ${String(value)}`,
            ({ code, name }: Error & { code?: unknown }) => (typeof code === 'string' ? code : name),
          );
          most = Math.max(most, pool.load);
          answers.push(answer);
        }
        const outcomes = await Promise.all(answers);
        expect(steps.filter(({ kind, abortMs }, index) => !mayEnd(kind, abortMs, outcomes[index]))).toEqual([]);
        expect(most).toBeLessThanOrEqual(THREADS + QUEUE);
        await until(() => pool.load === 0);
      }),
      { numRuns: 8 },
    );
    expect(pool.checkHealth().status).toBe('healthy');
  });
});
