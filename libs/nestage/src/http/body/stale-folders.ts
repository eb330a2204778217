import { createHash } from 'node:crypto';
import { lstatSync, readFileSync } from 'node:fs';
import { readdir, rm } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';

const NAME = /^nestage-uploads-([0-9a-f]{8})-(\d+)-(\w+)-\w{6}$/;

/** Beginning of the path of a folder that belongs to this process: machine, process id, and when the process began. @internal */
export function folderPrefix(root: string): string {
  return join(root, `nestage-uploads-${machine()}-${process.pid}-${startOf(process.pid) ?? 0}-`);
}

/**
 * Takes away the folders that crashed processes of this machine and user have left behind. A process id alone does not tell whether its
 * process lives: in a container it is the same at each start. Folders of other machines, on a disk that is shared, are let be.
 * @internal
 */
export async function sweepStaleFolders(root: string): Promise<void> {
  const names = await readdir(root).catch(() => []); // a folder that can't be read holds nothing of ours
  const stale = names.filter(isStale).map((name) => join(root, name));
  await Promise.all(stale.filter(isOwn).map((path) => rm(path, { recursive: true, force: true }).catch(() => undefined))); // another process may be at it, too
}

function isStale(name: string): boolean {
  const [, of, pid, start] = NAME.exec(name) ?? [];
  return of === machine() && (!isAlive(Number(pid)) || String(startOf(Number(pid)) ?? 0) !== start);
}

/** A link or somebody else's folder by that name is a trap. */
function isOwn(path: string): boolean {
  try {
    const stats = lstatSync(path);
    return stats.isDirectory() && stats.uid === (process.getuid?.() ?? stats.uid);
  } catch {
    return false; // it has gone meanwhile
  }
}

const machine = (): string => createHash('sha256').update(hostname()).digest('hex').slice(0, 8);

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/**
 * When a process began, in ticks since the machine did; `undefined` where there is no /proc.
 * @see proc_pid_stat(5), field 22; the name in field 2 may hold spaces and brackets
 */
function startOf(pid: number): number | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19]);
  } catch {
    return undefined; // no such process, or no /proc
  }
}
