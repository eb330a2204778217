import { readdirSync, readFileSync } from 'node:fs';

/** Of a process and all below it. */
export interface ProcessUsage {
  /** User and system time so far, in milliseconds, to 10 ms. */
  readonly cpuMs: number;
  /** Resident memory. */
  readonly rssBytes: number;
}

/** The kernel counts in ticks of 10 ms, whatever its own clock. */
const TICK_MS = 10;

/** Reads /proc. */
export function usageOf(pid: number): ProcessUsage {
  const tree = treeOf(pid);
  return {
    cpuMs: sum(tree.map((each) => each.cpuMs)),
    rssBytes: sum(tree.map((each) => statusBytes(each.pid, 'VmRSS'))),
  };
}

/** A figure of /proc/<pid>/status, such as VmRSS (resident now) and VmHWM (resident at most); 0 when the process is gone. */
export function statusBytes(pid: number, name: string): number {
  const text = readProc(`${pid}/status`) ?? '';
  return Number(new RegExp(`^${name}:\\s+(\\d+) kB`, 'm').exec(text)?.[1] ?? 0) * 1024;
}

interface ProcessStat {
  readonly pid: number;
  readonly parent: number;
  readonly cpuMs: number;
}

function treeOf(root: number): ProcessStat[] {
  const all = readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map((name) => statOf(Number(name)))
    .filter((stat) => stat !== undefined);
  const tree = all.filter(({ pid }) => pid === root);
  for (const { pid } of tree) tree.push(...all.filter(({ parent }) => parent === pid)); // grows while it is walked
  return tree;
}

function statOf(pid: number): ProcessStat | undefined {
  const text = readProc(`${pid}/stat`);
  if (text === undefined) return undefined;
  // The name, in parentheses, may hold anything; the fields behind it are numbered from 3.
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  const field = (number: number): number => Number(fields[number - 3]);
  return { pid, parent: field(4), cpuMs: (field(14) + field(15)) * TICK_MS };
}

function readProc(path: string): string | undefined {
  try {
    return readFileSync(`/proc/${path}`, 'utf8');
  } catch {
    return undefined; // it has ended
  }
}

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);
