import { execFileSync } from 'node:child_process';
import { availableParallelism } from 'node:os';

/**
 * Keeps a process, with its threads, on one core, so that the load generator and the server don't take each other's. Does nothing where there is but
 * one core, or no `taskset`.
 * @param core 0 for the load generator, 1 for the server
 */
export function pinTo(core: 0 | 1, pid: number | undefined): void {
  if (pid === undefined || !hasTwoCores()) return;
  try {
    execFileSync('taskset', ['-acp', String(core), String(pid)], { stdio: 'ignore' });
  } catch {
    // Not this system's, or the process is gone already, which whoever waits for it will tell.
  }
}

/** Whether the load generator has a core that no server needs. */
export const hasTwoCores = (): boolean => availableParallelism() >= 2;
