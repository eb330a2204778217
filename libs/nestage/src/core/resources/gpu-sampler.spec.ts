import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { seconds } from '../../common/duration.js';
import { FakeClock } from '../../testing/fake-clock.js';
import { GpuSampler } from './gpu-sampler.js';

describe('GpuSampler', () => {
  const clock = new FakeClock();
  let folder: string;
  let sampler: GpuSampler;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'nestage-gpu-'));
    sampler = new GpuSampler({ intervalMs: 2_000, searchPath: `/nowhere:${folder}`, clock });
  });

  afterEach(async () => {
    await sampler.stop();
    rmSync(folder, { recursive: true });
  });

  /** A program that notes its pid and arguments, then does what the body says. */
  const install = (body: string): void =>
    writeFileSync(join(folder, 'nvidia-smi'), `#!/bin/sh\necho "$$ $*" >> ${join(folder, 'starts')}\n${body}\n`, { mode: 0o755 });
  const starts = (): string[] =>
    existsSync(join(folder, 'starts')) ? readFileSync(join(folder, 'starts'), 'utf8').trim().split('\n') : [];
  const pid = (): number => Number.parseInt(starts().at(-1) ?? '', 10);
  /** Waits for what a real process does. */
  const until = async (isTrue: () => boolean): Promise<void> => {
    for (let tries = 0; !isTrue(); tries += 1) {
      if (tries > 10_000) throw new Error(`Waited in vain for ${String(isTrue)}`);
      await sleep(10);
    }
  };
  const isAlive = (id: number): boolean => {
    try {
      return process.kill(id, 0);
    } catch {
      return false;
    }
  };

  it('starts nothing where there is no nvidia-smi', () => {
    sampler.start();
    expect(sampler.utilization).toBe(0);
    expect(clock.pendingTimers).toBe(0);
    expect(process.getActiveResourcesInfo()).not.toContain('ProcessWrap');
  });

  it('averages the last readings of all GPUs, from one process', async () => {
    install('printf "0, 10\\n1, 40\\n"; sleep 0.1; printf "0, 20"; sleep 0.1; printf "\\n1, 60\\n"; exec sleep 60');
    sampler.start();
    sampler.start();
    await until(() => sampler.utilization === 25);
    await until(() => sampler.utilization === 40);
    expect(starts()).toHaveLength(1);
    expect(starts()[0]).toMatch(/^\d+ --query-gpu=index,utilization.gpu --format=csv,noheader,nounits -l 2$/);
  });

  it('leaves out a GPU that can not say, and lines that are no readings', async () => {
    install('printf "0, 50\\n1, 30\\n"; sleep 0.1; printf "Unable to determine\\n\\n1, [N/A]\\n, 7\\n2,\\n"; exec sleep 60');
    sampler.start();
    await until(() => sampler.utilization === 40);
    await until(() => sampler.utilization === 50);
  });

  it('starts a program that died again, after 1 s, 2 s, 4 s, and forgets its readings', async () => {
    install('exit 9');
    sampler.start();
    for (const [round, pauseMs] of [seconds(1), seconds(2), seconds(4)].entries()) {
      await until(() => clock.pendingTimers === 1);
      clock.advance(pauseMs - 1);
      expect(clock.pendingTimers).toBe(1);
      if (round === 2) install('echo "0, 30"; read -r _ < /dev/null; sleep 0.2; exit 1');
      clock.advance(1);
      await until(() => starts().length === round + 2);
    }
    await until(() => sampler.utilization === 30);
    await until(() => sampler.utilization === 0 && clock.pendingTimers === 1);
    clock.advance(seconds(1)); // a reading resets the pause
    await until(() => starts().length === 5);
  });

  it('tries again when the program can not be started', async () => {
    writeFileSync(join(folder, 'nvidia-smi'), 'not a program', { mode: 0o644 });
    sampler.start();
    await until(() => clock.pendingTimers === 1);
    await sampler.stop();
    expect(clock.pendingTimers).toBe(0);
  });

  it('leaves no process and no timer after stop, and can be started again', async () => {
    install('echo "0, 70"; exec sleep 60');
    sampler.start();
    await until(() => sampler.utilization === 70);
    const first = pid();
    await sampler.stop();
    expect(isAlive(first)).toBe(false);
    expect(sampler.utilization).toBe(0);
    expect(clock.pendingTimers).toBe(0);
    await until(() => !process.getActiveResourcesInfo().includes('ProcessWrap')); // a closed handle is listed for one more turn
    sampler.start();
    await until(() => sampler.utilization === 70);
    expect(pid()).not.toBe(first);
  });

  it('kills a program that ignores the request to end', async () => {
    install('trap "" TERM; echo "0, 70"; while :; do sleep 0.05; done');
    sampler.start();
    await until(() => sampler.utilization === 70);
    const stopped = sampler.stop();
    clock.advance(seconds(1));
    await stopped;
    expect(isAlive(pid())).toBe(false);
    expect(clock.pendingTimers).toBe(0);
  });
});
