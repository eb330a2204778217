import { lstatSync, readdirSync, readlinkSync, renameSync, rmSync, type Stats } from 'node:fs';
import { basename, dirname, join } from 'node:path';

/** What stands at the stable name of a log; 'foreign' is what must not be replaced by a link: a device, a folder, another's link. @internal */
export type StableNameState = 'free' | 'link' | 'file' | 'foreign';

const HOUR = /^\d{10}$/;

/** Looks at what stands at the stable name. An unreadable folder counts as free: writing tells what is wrong. @internal */
export function stateOfStableName(path: string): StableNameState {
  const stats = statsOf(path);
  if (!stats) return 'free';
  if (stats.isFile()) return 'file';
  if (!stats.isSymbolicLink()) return 'foreign';
  const target = targetOf(path);
  if (target === undefined) return 'free';
  return isHourlyFileOf(path, basename(target)) ? 'link' : 'foreign';
}

/**
 * Makes room for the link to the current hour: a plain file of that name, left by another program, is moved aside and kept.
 * @returns where it is now, if there was one
 * @internal
 */
export function clearStableName(path: string, now: number): string | undefined {
  if (stateOfStableName(path) !== 'file') return undefined;
  const aside = `${path}.moved-${now}`;
  try {
    renameSync(path, aside);
    return aside;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined; // another process of the service was faster
    throw error;
  }
}

/**
 * Removes the oldest hourly files, so that `keep` are left with the one just begun, which need not exist yet. By the folder itself and
 * not by the rotating stream's audit file: that one is emptied by a full disk, after which nothing is removed any more.
 * @internal
 */
export function pruneHourlyFiles(path: string, begun: string, keep: number): void {
  const folder = dirname(path);
  const older = readdirSync(folder).filter((name) => isHourlyFileOf(path, name) && name !== basename(begun));
  for (const name of older.sort().slice(0, Math.max(0, older.length - keep + 1))) rmSync(join(folder, name), { force: true });
}

function isHourlyFileOf(path: string, name: string): boolean {
  const prefix = `${basename(path)}.`;
  return name.startsWith(prefix) && HOUR.test(name.slice(prefix.length));
}

/** Undefined when another process of the service, which begins an hour, has just taken the link away to make it anew. */
function targetOf(link: string): string | undefined {
  try {
    return readlinkSync(link);
  } catch {
    return undefined;
  }
}

function statsOf(path: string): Stats | undefined {
  try {
    return lstatSync(path);
  } catch {
    return undefined; // absent, or in a folder that can't be read
  }
}
