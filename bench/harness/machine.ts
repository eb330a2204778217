import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { cpus, loadavg, release, totalmem, type } from 'node:os';
import type { Machine } from '../report/result.types.js';

export function describeMachine(): Machine {
  const all = cpus();
  return {
    cpu: `${all[0]?.model.trim() ?? 'unknown'}${clock()}`,
    cores: all.length,
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    system: `${type()} ${release()}`,
    node: process.version,
  };
}

/** Of the last minute. */
export function loadAverage(): number {
  return loadavg()[0];
}

/** The commit that is checked out, and whether files differ from it; `unknown` outside a checkout. */
export function describeCommit(root: string): { readonly commit: string; readonly isModified: boolean } {
  try {
    const git = (...args: string[]): string => execFileSync('git', args, { cwd: root, encoding: 'utf8' }).trim();
    const changes = git('status', '--porcelain', '--untracked-files=no', '--', 'libs', 'apps', 'bench', ':!bench/results');
    return { commit: git('rev-parse', '--short', 'HEAD'), isModified: changes !== '' };
  } catch {
    return { commit: 'unknown', isModified: false };
  }
}

/** The clock as the kernel tells it, for virtual machines whose processor's name says little. */
function clock(): string {
  try {
    const mhz = /^cpu MHz\s*: ([\d.]+)/m.exec(readFileSync('/proc/cpuinfo', 'utf8'))?.[1];
    return mhz === undefined ? '' : ` at ${(Number(mhz) / 1000).toFixed(1)} GHz`;
  } catch {
    return ''; // not this system's
  }
}
