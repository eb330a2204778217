import { readFile } from 'node:fs/promises';
import { availableParallelism, totalmem } from 'node:os';
import { posix } from 'node:path';
import type { Clock } from '../../common/clock.js';
import { type CgroupPlaces, findCgroupFolders, parseCpuMax, parseKeyedNumber, parseMemoryMax } from './cgroup-limits.js';

/** Percentages of what the cgroup allows; a part is undefined where no cgroup limits it. @internal */
export interface CgroupLoad {
  readonly cpu: number | undefined;
  readonly memory: number | undefined;
}

interface CpuReading {
  readonly usedMicroseconds: number;
  readonly at: number;
}

/**
 * Measures a process's cgroup and its ancestors against their own limits (cgroup v2). Where several levels have a limit, the one
 * nearest to its limit counts. A limit that is not below what the machine has is none.
 * @internal
 */
export class CgroupMeter {
  private readonly folders: readonly string[];
  private readonly lastCpu = new Map<string, CpuReading>();

  constructor(
    places: CgroupPlaces,
    private readonly clock: Clock,
  ) {
    this.folders = findCgroupFolders(places);
  }

  /** CPU is the load since the call before; the first call says 0. */
  async measure(): Promise<CgroupLoad> {
    const levels = await Promise.all(this.folders.map(async (folder) => [await this.measureCpu(folder), await measureMemory(folder)]));
    return { cpu: greatest(levels.map(([cpu]) => cpu)), memory: greatest(levels.map(([, memory]) => memory)) };
  }

  private async measureCpu(folder: string): Promise<number | undefined> {
    const cpus = parseCpuMax(await read(folder, 'cpu.max'));
    if (cpus === undefined || cpus >= availableParallelism()) return undefined;
    const usedMicroseconds = parseKeyedNumber(await read(folder, 'cpu.stat'), 'usage_usec');
    if (usedMicroseconds === undefined) return undefined;
    const current = { usedMicroseconds, at: this.clock.elapsed() };
    const last = this.lastCpu.get(folder);
    this.lastCpu.set(folder, current);
    if (!last || current.at <= last.at) return 0;
    const allowedMicroseconds = (current.at - last.at) * 1000 * cpus;
    return (100 * (usedMicroseconds - last.usedMicroseconds)) / allowedMicroseconds;
  }
}

/** `memory.current` counts the page cache as well; its inactive part is given back under pressure, so it isn't held against the limit. */
async function measureMemory(folder: string): Promise<number | undefined> {
  const limit = parseMemoryMax(await read(folder, 'memory.max'));
  if (limit === undefined || limit >= totalmem()) return undefined;
  const current = Number((await read(folder, 'memory.current')) ?? NaN);
  if (!Number.isFinite(current)) return undefined;
  const reclaimable = parseKeyedNumber(await read(folder, 'memory.stat'), 'inactive_file') ?? 0;
  return (100 * (current - reclaimable)) / limit;
}

async function read(folder: string, file: string): Promise<string | undefined> {
  try {
    return await readFile(posix.join(folder, file), 'utf8');
  } catch {
    return undefined; // the root cgroup and cgroups without the controller have no such file
  }
}

function greatest(values: readonly (number | undefined)[]): number | undefined {
  const known = values.filter((value) => value !== undefined);
  return known.length > 0 ? Math.max(...known) : undefined;
}
