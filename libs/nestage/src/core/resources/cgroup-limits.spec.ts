import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { availableCpus, type CgroupPlaces, findCgroupFolders, parseCpuMax, parseKeyedNumber, parseMemoryMax } from './cgroup-limits.js';

describe('cgroup limits', () => {
  let tree: string;
  let places: Required<CgroupPlaces>;

  beforeEach(() => {
    tree = mkdtempSync(join(tmpdir(), 'nestage-cgroup-'));
    places = { mountFolder: join(tree, 'mount'), membershipFile: join(tree, 'membership') };
    mkdirSync(places.mountFolder);
  });

  afterEach(() => rmSync(tree, { recursive: true }));

  const write = (file: string, text: string): void => {
    mkdirSync(dirname(join(places.mountFolder, file)), { recursive: true });
    writeFileSync(join(places.mountFolder, file), text);
  };
  const belongTo = (...lines: string[]): void => writeFileSync(places.membershipFile, `${lines.join('\n')}\n`);

  it('lists the own cgroup and its ancestors, own one first', () => {
    belongTo('3:memory:/elsewhere', '0::/pod/container');
    mkdirSync(join(places.mountFolder, 'pod/container'), { recursive: true });
    const { mountFolder } = places;
    expect(findCgroupFolders(places)).toEqual([join(mountFolder, 'pod/container'), join(mountFolder, 'pod'), join(mountFolder, '/')]);
  });

  it.each(['/', '/path/of/the/host', '/../../outside'])('takes the mount itself where %s is not found below it', (path) => {
    belongTo(`0::${path}`);
    expect(findCgroupFolders(places)).toEqual([join(places.mountFolder, '/')]);
  });

  it('finds none on a machine with cgroup v1 or none at all', () => {
    expect(findCgroupFolders(places)).toEqual([]);
    belongTo('4:memory:/docker/abc');
    expect(findCgroupFolders(places)).toEqual([]);
  });

  it.each([
    ['max 100000', undefined],
    ['150000 100000', 1.5],
    ['20000 10000\n', 2],
    ['', undefined],
    [undefined, undefined],
    ['100000 0', undefined],
  ])('reads cpu.max %j as %j CPUs', (text, cpus) => expect(parseCpuMax(text)).toBe(cpus));

  it.each([
    ['max\n', undefined],
    ['1048576\n', 1_048_576],
    ['', undefined],
    [undefined, undefined],
  ])('reads memory.max %j as %j bytes', (text, bytes) => expect(parseMemoryMax(text)).toBe(bytes));

  it('reads a number by its whole key', () => {
    const text = 'file 1\ninactive_file 20\nactive_file 3\n';
    expect(parseKeyedNumber(text, 'inactive_file')).toBe(20);
    expect(parseKeyedNumber(text, 'file')).toBe(1);
    expect(parseKeyedNumber(text, 'slab')).toBeUndefined();
  });

  it('gives all CPUs of the affinity mask where nothing limits them', () => {
    expect(availableCpus(places)).toBe(availableParallelism());
    belongTo('0::/');
    write('cpu.max', 'max 100000');
    expect(availableCpus(places)).toBe(availableParallelism());
  });

  it('gives the tightest whole number of CPUs on the way up, and at least one', () => {
    belongTo('0::/pod/container');
    write('pod/container/cpu.max', '900000 100000');
    write('pod/cpu.max', '190000 100000');
    expect(availableCpus(places)).toBe(1);
    write('pod/cpu.max', '20000 100000');
    expect(availableCpus(places)).toBe(1);
    write('pod/cpu.max', '90000000 100000');
    write('pod/container/cpu.max', '90000000 100000');
    expect(availableCpus(places)).toBe(availableParallelism());
  });
});
