import { existsSync, readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { posix } from 'node:path';
import { workerBirth } from '../processes/worker-birth.js';

/** Where cgroup v2 is found; a test gives a tree of its own. @internal */
export interface CgroupPlaces {
  /** Folder on which the cgroup v2 hierarchy is mounted. @default '/sys/fs/cgroup' */
  readonly mountFolder?: string;
  /** File that names the cgroups of this process. @default '/proc/self/cgroup' */
  readonly membershipFile?: string;
}

/**
 * Whole CPUs that this process may use: those of its affinity mask, less where the `cpu.max` of its cgroup or of an ancestor allows
 * fewer. Rounded down as libuv does, so that busy threads aren't throttled; at least 1. One of several workers of `startWebService` is
 * told its share.
 * @publicApi
 */
export function availableCpus(places: CgroupPlaces = {}): number {
  const quotas = findCgroupFolders(places).map((folder) => parseCpuMax(readText(posix.join(folder, 'cpu.max'))) ?? Infinity);
  const share = Math.min(availableParallelism(), ...quotas) / (workerBirth()?.count ?? 1);
  return Math.max(1, Math.floor(share));
}

/**
 * Folders of this process's cgroup v2 and of its ancestors, own one first; empty where there are none. A container often sees a path
 * that exists on the host only: what remains is then the mount itself, which is the container's own cgroup.
 * @internal
 */
export function findCgroupFolders(places: CgroupPlaces = {}): readonly string[] {
  const mountFolder = places.mountFolder ?? '/sys/fs/cgroup';
  const membership = readText(places.membershipFile ?? '/proc/self/cgroup');
  const own = membership && /^0::(\/.*)$/m.exec(membership)?.[1];
  if (!own) return [];
  const folders: string[] = [];
  // normalize() also folds the `/../..` of a process whose cgroup lies outside of its namespace
  for (let path = posix.normalize(own); ; path = posix.dirname(path)) {
    const folder = posix.join(mountFolder, path);
    if (existsSync(folder)) folders.push(folder);
    if (path === '/') return folders;
  }
}

/** CPUs that a `cpu.max` allows (`150000 100000` is 1.5); undefined for no limit. @internal */
export function parseCpuMax(text: string | undefined): number | undefined {
  const [quota, period] = (text ?? '').trim().split(/\s+/).map(Number);
  return quota > 0 && period > 0 ? quota / period : undefined;
}

/** Bytes that a `memory.max` allows; undefined for no limit (`max`). @internal */
export function parseMemoryMax(text: string | undefined): number | undefined {
  const bytes = Number(text?.trim() || NaN);
  return bytes > 0 ? bytes : undefined;
}

/** One number of a flat keyed file such as `cpu.stat` or `memory.stat`. @internal */
export function parseKeyedNumber(text: string | undefined, key: string): number | undefined {
  const digits = text && new RegExp(String.raw`^${key} (\d+)$`, 'm').exec(text)?.[1];
  return digits ? Number(digits) : undefined;
}

function readText(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return undefined; // not Linux, cgroup v1, or a controller that is off: no limit
  }
}
