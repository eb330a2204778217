import { FakeClock } from './fake-clock.js';

describe('FakeClock', () => {
  it('stands still until it is advanced', () => {
    const clock = new FakeClock(1_000);
    expect([clock.now(), clock.elapsed()]).toEqual([1_000, 0]);
    clock.advance(2.5);
    expect([clock.now(), clock.elapsed()]).toEqual([1_002, 2.5]);
  });

  it('calls what falls due in order of time, and of scheduling among equals', () => {
    const clock = new FakeClock();
    const calls: string[] = [];
    clock.schedule(20, () => calls.push(`late at ${clock.elapsed()}`));
    clock.schedule(10, () => calls.push(`first at ${clock.elapsed()}`));
    clock.schedule(10, () => calls.push(`second at ${clock.elapsed()}`));
    clock.schedule(31, () => calls.push('never'));
    clock.advance(30);
    expect(calls).toEqual(['first at 10', 'second at 10', 'late at 20']);
    expect(clock.pendingTimers).toBe(1);
  });

  it('calls what a callback schedules within the same advance', () => {
    const clock = new FakeClock();
    let ticks = 0;
    const tick = (): void => {
      ticks += 1;
      clock.schedule(10, tick);
    };
    clock.schedule(10, tick);
    clock.advance(35);
    expect(ticks).toBe(3);
  });

  it('does not call what was cancelled', () => {
    const clock = new FakeClock();
    const callback = jest.fn();
    clock.schedule(10, callback)();
    clock.advance(10);
    expect(callback).not.toHaveBeenCalled();
    expect(clock.pendingTimers).toBe(0);
  });

  it('lets a loop that awaits between its timers move on', async () => {
    const clock = new FakeClock();
    const waits = async (): Promise<number> => {
      for (let round = 0; round < 3; round += 1) await new Promise<void>((resolve) => clock.schedule(10, resolve));
      return clock.elapsed();
    };
    const done = waits();
    await clock.advanceAsync(100);
    await expect(done).resolves.toBe(30);
    expect(clock.elapsed()).toBe(100);
  });
});
