import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { seconds } from '../../common/duration.js';
import { megabytes } from '../../common/size.js';
import { FakeClock } from '../../testing/fake-clock.js';
import { HostMeter } from './host-meter.js';
import { ResourceSampler } from './resource-sampler.js';

/** Waits for file reads and processes, which no fake clock governs. */
async function until(isTrue: () => boolean): Promise<void> {
  for (let tries = 0; !isTrue(); tries += 1) {
    if (tries > 10_000) throw new Error(`Waited in vain for ${String(isTrue)}`);
    await sleep(10);
  }
}

describe('ResourceSampler', () => {
  let folder: string;
  let clock: FakeClock;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'nestage-resources-'));
    clock = new FakeClock();
  });

  afterEach(() => rmSync(folder, { recursive: true }));

  const write = (file: string, content: string | number): void => writeFileSync(join(folder, file), `${content}\n`);
  const limitedTo = (cpus: number, memoryBytes: number): ResourceSampler => {
    write('membership', '0::/');
    write('cpu.max', `${cpus * 100_000} 100000`);
    write('memory.max', memoryBytes);
    write('cpu.stat', 'usage_usec 0');
    write('memory.current', 0);
    const cgroup = { cgroupFolder: folder, cgroupMembershipFile: join(folder, 'membership') };
    return new ResourceSampler({ ...cgroup, gpuSearchPath: folder }, clock);
  };
  const unlimited = (): ResourceSampler =>
    new ResourceSampler({ cgroupMembershipFile: join(folder, 'none'), gpuSearchPath: '', intervalMs: 100 }, clock);

  it('gives percentages of what the cgroup allows, with one decimal', async () => {
    const sampler = limitedTo(0.5, megabytes(300));
    expect(sampler.usage).toEqual({ cpu: 0, memory: 0, gpu: 0 });
    write('memory.current', megabytes(100));
    sampler.start();
    await until(() => clock.pendingTimers === 1);
    expect(sampler.usage).toEqual({ cpu: 0, memory: 33.3, gpu: 0 });

    write('cpu.stat', `usage_usec ${0.2 * 1_000_000 * 0.5 * 0.25}`);
    write('memory.current', megabytes(400));
    clock.advance(200);
    await until(() => clock.pendingTimers === 1);
    expect(sampler.usage).toEqual({ cpu: 25, memory: 100, gpu: 0 });
    await sampler.stop();
  });

  it('samples every two seconds, never because it is asked', async () => {
    const sampler = limitedTo(0.5, megabytes(300));
    sampler.start();
    sampler.start();
    await until(() => clock.pendingTimers === 1);
    clock.advance(200);
    await until(() => clock.pendingTimers === 1);

    write('memory.current', megabytes(150));
    clock.advance(seconds(2) - 1);
    for (let asked = 0; asked < 1000; asked += 1) expect(sampler.usage.memory).toBe(0);
    clock.advance(1);
    await until(() => sampler.usage.memory === 50);
    await sampler.stop();
  });

  it('includes the GPUs where nvidia-smi exists', async () => {
    writeFileSync(join(folder, 'nvidia-smi'), '#!/bin/sh\nprintf "0, 10\\n1, 20\\n2, 23\\n"\nexec sleep 60\n', { mode: 0o755 });
    const sampler = limitedTo(0.5, megabytes(300));
    sampler.start();
    await until(() => sampler.usage.gpu > 0);
    expect(sampler.usage.gpu).toBe(17.7);
    await sampler.stop();
    expect(sampler.usage.gpu).toBe(0);
  });

  it('takes what no cgroup limits from the machine', async () => {
    const sampler = unlimited();
    sampler.start();
    await until(() => clock.pendingTimers === 1);
    const { cpu, memory } = sampler.usage;
    expect(memory).toBeGreaterThan(0);
    expect(memory).toBeLessThanOrEqual(100);
    expect(cpu).toBeGreaterThanOrEqual(0);
    expect(cpu).toBeLessThanOrEqual(100);
    expect(cpu * 10).toBeCloseTo(Math.round(cpu * 10));
    await sampler.stop();
  });

  it('leaves no timer, process or listener after stop, also in the middle of a sample', async () => {
    const listeners = (): number => process.eventNames().reduce((sum, name) => sum + process.listenerCount(name), 0);
    const timers = (names: readonly string[]): readonly string[] => names.filter((name) => name === 'Timeout');
    const before = { resources: active(), listeners: listeners() };
    const sampler = unlimited();
    sampler.start();
    expect(timers(active())).toEqual(timers(before.resources)); // it waits by the given clock alone, and so a stop need not wait
    await sampler.stop();
    await until(() => String(active()) === String(before.resources)); // a closed handle is listed for some turns more
    expect(listeners()).toBe(before.listeners);
    expect(clock.pendingTimers).toBe(0);
  });

  it('runs one loop only when stopped and started in the middle of a sample', async () => {
    const sampler = unlimited();
    sampler.start();
    const stopped = sampler.stop();
    sampler.start();
    await stopped;
    await until(() => clock.pendingTimers > 0);
    await sleep(100);
    expect(clock.pendingTimers).toBe(1);
    await sampler.stop();
    expect(clock.pendingTimers).toBe(0);
  });

  it('refuses an interval that would burden the machine', () => {
    expect(() => new ResourceSampler({ intervalMs: 10 })).toThrow(
      '"resources.intervalMs" must be an integer >= 100, got 10 (set it in WebServiceModule.forRoot()).',
    );
  });

  /** What holds or wakes the event loop, apart from the threads that just read files. */
  const active = (): string[] =>
    process
      .getActiveResourcesInfo()
      .filter((name) => name !== 'FSReqPromise')
      .sort();
});

describe('HostMeter', () => {
  it('measures the load since the reading before', async () => {
    const meter = new HostMeter();
    expect(meter.cpu()).toBeUndefined();
    await sleep(50);
    const [quiet, until] = [meter.cpu(), performance.now() + 300];
    while (performance.now() < until);
    const busy = meter.cpu();
    expect(quiet).toBeGreaterThanOrEqual(0);
    expect(busy).toBeGreaterThan(100 / (2 * cpus().length)); // one CPU of them had no rest
    expect(busy).toBeLessThanOrEqual(100);
  });

  it('agrees with the kernel on memory', async () => {
    const kernel = (): Promise<number> =>
      new Promise((resolve, reject) =>
        execFile('awk', ['/^MemTotal/{t=$2} /^MemAvailable/{a=$2} END{print 100*(t-a)/t}', '/proc/meminfo'], (error, stdout) =>
          error ? reject(new Error('awk failed', { cause: error })) : resolve(Number(stdout)),
        ),
      );
    const [before, measured = NaN, after] = [await kernel(), await new HostMeter().memory(), await kernel()];
    expect(measured).toBeGreaterThan(Math.min(before, after) - 5);
    expect(measured).toBeLessThan(Math.max(before, after) + 5);
  });
});
