import { FakeClock } from '../../testing/fake-clock.js';
import { EventLoopMonitor } from './event-loop-monitor.js';

const BLOCKED_MS = 80;

/** Lets real timers run, then keeps the event loop busy, then lets them notice. */
async function block(): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, 30));
  const until = performance.now() + BLOCKED_MS;
  while (performance.now() < until);
  await new Promise((resolve) => setTimeout(resolve, 30));
}

describe(EventLoopMonitor.name, () => {
  it('sees that the loop was blocked, in the seconds in which it was', async () => {
    const clock = new FakeClock();
    const monitor = new EventLoopMonitor(clock);
    monitor.onApplicationBootstrap();
    try {
      await block();
      expect(monitor.maxDelaySince(clock.elapsed())).toBeGreaterThan(BLOCKED_MS / 2);
      clock.advance(1000);
      expect(monitor.maxDelaySince(500)).toBeGreaterThan(BLOCKED_MS / 2);
      expect(monitor.maxDelaySince(1000)).toBe(0);
      expect(monitor.usage.maxDelayMs).toBeGreaterThan(BLOCKED_MS / 2);
      expect(monitor.usage.utilization).toBeGreaterThan(0);
      clock.advance(16_000);
      expect(monitor.usage.maxDelayMs).toBe(0);
    } finally {
      monitor.onApplicationShutdown();
    }
    expect(clock.pendingTimers).toBe(0);
  });

  it('tells nothing before it starts', () => {
    const monitor = new EventLoopMonitor(new FakeClock());
    expect([monitor.maxDelaySince(0), monitor.usage.maxDelayMs, monitor.usage.meanDelayMs]).toEqual([0, 0, 0]);
  });
});
