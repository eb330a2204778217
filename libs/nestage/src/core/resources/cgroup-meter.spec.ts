import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { availableParallelism, tmpdir, totalmem } from 'node:os';
import { dirname, join } from 'node:path';
import { megabytes } from '../../common/size.js';
import { seconds } from '../../common/duration.js';
import { FakeClock } from '../../testing/fake-clock.js';
import { CgroupMeter } from './cgroup-meter.js';

describe('CgroupMeter', () => {
  const clock = new FakeClock();
  let tree: string;
  let meter: CgroupMeter;

  beforeEach(() => {
    tree = mkdtempSync(join(tmpdir(), 'nestage-cgroup-'));
    write('../membership', '0::/pod/container\n');
    mkdirSync(join(tree, 'mount/pod/container'), { recursive: true });
    meter = new CgroupMeter({ mountFolder: join(tree, 'mount'), membershipFile: join(tree, 'membership') }, clock);
  });

  afterEach(() => rmSync(tree, { recursive: true }));

  const write = (file: string, content: string | number): void => {
    const path = join(tree, 'mount', file);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, `${content}\n`);
  };
  const useCpu = (group: string, microseconds: number): void =>
    write(`${group}/cpu.stat`, `usage_usec ${microseconds}\nuser_usec 5\nsystem_usec 6`);

  it('says nothing where nothing is limited', async () => {
    write('pod/container/memory.max', 'max');
    write('pod/container/memory.current', megabytes(10));
    write('pod/container/cpu.max', 'max 100000');
    await expect(meter.measure()).resolves.toEqual({ cpu: undefined, memory: undefined });
  });

  it('says nothing of limits that are not below what the machine has', async () => {
    write('pod/container/memory.max', totalmem());
    write('pod/container/memory.current', megabytes(10));
    write('pod/container/cpu.max', `${availableParallelism() * 100_000} 100000`);
    useCpu('pod/container', 1);
    await expect(meter.measure()).resolves.toEqual({ cpu: undefined, memory: undefined });
  });

  it('holds memory without inactive page cache against memory.max', async () => {
    write('pod/container/memory.max', megabytes(200));
    write('pod/container/memory.current', megabytes(150));
    write('pod/container/memory.stat', `anon 1\ninactive_file ${megabytes(50)}\nactive_file 7`);
    await expect(meter.measure()).resolves.toEqual({ cpu: undefined, memory: 50 });
  });

  it('holds CPU time since the last measure against quota and period', async () => {
    write('pod/container/cpu.max', '50000 100000');
    useCpu('pod/container', 1_000_000);
    await expect(meter.measure()).resolves.toMatchObject({ cpu: 0 });
    clock.advance(seconds(2));
    useCpu('pod/container', 1_250_000);
    await expect(meter.measure()).resolves.toMatchObject({ cpu: 25 });
    clock.advance(seconds(1));
    useCpu('pod/container', 1_750_000);
    await expect(meter.measure()).resolves.toMatchObject({ cpu: 100 });
    await expect(meter.measure()).resolves.toMatchObject({ cpu: 0 });
  });

  it('counts the level that is nearest to its limit', async () => {
    write('pod/container/memory.max', megabytes(100));
    write('pod/container/memory.current', megabytes(10));
    write('pod/memory.max', megabytes(200));
    write('pod/memory.current', megabytes(180));
    write('pod/cpu.max', '10000 100000');
    useCpu('pod', 0);
    useCpu('pod/container', 0);
    await meter.measure();
    clock.advance(seconds(1));
    useCpu('pod', 80_000);
    await expect(meter.measure()).resolves.toEqual({ cpu: 80, memory: 90 });
  });

  it('follows a limit that changes while it runs', async () => {
    write('pod/container/memory.max', megabytes(100));
    write('pod/container/memory.current', megabytes(50));
    await expect(meter.measure()).resolves.toMatchObject({ memory: 50 });
    write('pod/container/memory.max', megabytes(200));
    await expect(meter.measure()).resolves.toMatchObject({ memory: 25 });
  });
});
