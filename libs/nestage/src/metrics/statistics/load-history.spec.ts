import { ResourceMonitor } from '../../core/resources/resource-usage.js';
import { FakeClock } from '../../testing/fake-clock.js';
import { EventLoopMonitor } from './event-loop-monitor.js';
import { HISTORY_SAMPLE_MS, LoadHistory } from './load-history.js';

class Load extends ResourceMonitor {
  cpu = 0;

  get usage() {
    return { cpu: this.cpu, memory: 20, gpu: 0 };
  }
}

it('keeps fifteen minutes of load in columns, the oldest first, and stops with the app', () => {
  const clock = new FakeClock();
  const resources = new Load();
  const history = new LoadHistory({ resources, eventLoop: new EventLoopMonitor(clock), clock });
  history.onApplicationBootstrap();
  expect(history.columns.at).toEqual([]);
  for (let sample = 1; sample <= 200; sample++) {
    resources.cpu = sample % 100;
    clock.advance(HISTORY_SAMPLE_MS);
  }
  const { at, cpu, memory, gpu, eventLoopDelayMs } = history.columns;
  expect([at, cpu, memory, gpu, eventLoopDelayMs].map(({ length }) => length)).toEqual([181, 181, 181, 181, 181]);
  expect((at.at(-1) ?? 0) - at[0]).toBe(15 * 60_000);
  expect([cpu[0], cpu.at(-1), memory[0]]).toEqual([20, 0, 20]);
  history.onApplicationShutdown();
  clock.advance(HISTORY_SAMPLE_MS);
  expect(history.columns.at.at(-1)).toBe(at.at(-1));
});
