import type { StageContext } from '../core/context/stage-context.js';
import { checkSignal } from './check-signal.js';

const open: (() => void)[] = [];
afterEach(() => {
  for (const close of open.splice(0)) close();
});

function cleanly({ signal }: StageContext): Promise<void> {
  return new Promise((_resolve, reject) => {
    const timer = setTimeout(() => undefined, 60_000);
    const stop = (): void => {
      clearTimeout(timer);
      reject(signal.reason as Error);
    };
    signal.addEventListener('abort', stop, { once: true });
  });
}

describe(checkSignal.name, () => {
  it('finds nothing wrong with a handler that stops and cleans up', async () => {
    const report = await checkSignal({ run: (_input: object, context) => cleanly(context) }, {});
    expect(report).toMatchObject({ leakedListeners: 0, leakedTimers: 0, problems: [] });
    expect(report.stoppedAfterMs).toEqual(expect.any(Number));
  });

  it('finds nothing wrong with a stream that stops', async () => {
    const handler = {
      async *run(_input: object, context: StageContext) {
        yield 1;
        await cleanly(context);
      },
    };
    expect((await checkSignal(handler, {})).problems).toEqual([]);
  });

  it('finds a run that ignores the signal', async () => {
    const report = await checkSignal({ run: () => new Promise(() => undefined) }, {}, { withinMs: 30 });
    expect(report.stoppedAfterMs).toBeUndefined();
    expect(report.problems).toEqual(['run did not stop within 30 ms of the signal']);
  });

  it('finds timers and listeners left behind', async () => {
    const handler = {
      run: (_input: object, { signal }: StageContext) =>
        new Promise((_resolve, reject) => {
          const timer = setTimeout(() => undefined, 60_000);
          open.push(() => clearTimeout(timer));
          signal.addEventListener('abort', () => reject(signal.reason as Error));
        }),
    };
    expect(await checkSignal(handler, {})).toMatchObject({
      leakedListeners: 1,
      leakedTimers: 1,
      problems: ['run left 1 listener(s) on the signal', 'run left 1 timer(s) running'],
    });
  });

  it('says so when run was over before the signal', async () => {
    expect((await checkSignal({ run: () => 'at once' }, {})).problems).toEqual([
      expect.stringContaining('run ended before the signal fired'),
    ]);
  });
});
