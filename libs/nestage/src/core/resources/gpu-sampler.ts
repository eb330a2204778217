import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import type { Socket } from 'node:net';
import { delimiter, join } from 'node:path';
import { type Clock, systemClock } from '../../common/clock.js';
import { minutes, seconds } from '../../common/duration.js';

/** @internal */
export interface GpuSamplerOptions {
  /** Time between two readings; nvidia-smi counts in whole seconds. @default 2000 */
  readonly intervalMs?: number;
  /** Folders in which nvidia-smi is looked for, as in PATH. @default the process's PATH */
  readonly searchPath?: string;
  readonly clock?: Clock;
}

const FIRST_RESTART_MS = seconds(1);
const LAST_RESTART_MS = minutes(5);
const KILL_AFTER_MS = seconds(1);
const GIVE_UP_AFTER_MS = seconds(2);
const MAX_LINE_CHARS = 1024;

/**
 * Utilisation of the NVIDIA GPUs, by one nvidia-smi that lives as long as the sampler; where there is no such program, nothing runs.
 * When it dies it is started again, after a pause that doubles from 1 s to 5 min until it gives readings again.
 * @internal
 */
export class GpuSampler {
  private readonly intervalMs: number;
  private readonly searchPath: string;
  private readonly clock: Clock;
  /** Last percentage of each GPU by its index. */
  private readonly readings = new Map<string, number>();
  private binary: string | undefined;
  private child: ChildProcess | undefined;
  private cancelRestart: (() => void) | undefined;
  private deathsInARow = 0;

  constructor(options: GpuSamplerOptions = {}) {
    this.intervalMs = options.intervalMs ?? seconds(2);
    this.searchPath = options.searchPath ?? process.env.PATH ?? '';
    this.clock = options.clock ?? systemClock;
  }

  /** Percent of utilisation, averaged over the GPUs that report it; 0 where none does. */
  get utilization(): number {
    if (this.readings.size === 0) return 0;
    let sum = 0;
    for (const value of this.readings.values()) sum += value;
    return sum / this.readings.size;
  }

  start(): void {
    if (this.binary) return;
    this.deathsInARow = 0;
    this.binary = findOnPath(process.platform === 'win32' ? 'nvidia-smi.exe' : 'nvidia-smi', this.searchPath);
    if (this.binary) this.launch(this.binary);
  }

  /** Ends nvidia-smi, by force if it doesn't listen, and resolves when it is gone. */
  async stop(): Promise<void> {
    const { child } = this;
    this.binary = undefined;
    this.cancelRestart?.();
    this.readings.clear();
    if (child?.pid === undefined) return; // none, or one that could not be started
    child.ref();
    const cancelKill = this.clock.schedule(KILL_AFTER_MS, () => child.kill('SIGKILL'));
    child.kill();
    await this.exitOf(child);
    cancelKill();
    child.unref();
  }

  /** Resolves also without an exit: a program that hangs in a broken driver can't be killed, and must not hold the shutdown. */
  private exitOf(child: ChildProcess): Promise<void> {
    return new Promise((resolve) => {
      const cancelGiveUp = this.clock.schedule(GIVE_UP_AFTER_MS, resolve);
      child.once('exit', () => {
        cancelGiveUp();
        resolve();
      });
    });
  }

  private launch(binary: string): void {
    const query = ['--query-gpu=index,utilization.gpu', '--format=csv,noheader,nounits', '-l'];
    const wholeSeconds = Math.max(1, Math.round(this.intervalMs / 1000));
    const child = spawn(binary, [...query, String(wholeSeconds)], { stdio: ['ignore', 'pipe', 'ignore'], windowsHide: true });
    this.child = child;
    // neither the program nor its pipe may keep the service's process alive
    child.unref();
    (child.stdout as Socket).unref();
    let rest = '';
    child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
      const lines = (rest + chunk).split('\n');
      rest = (lines.pop() ?? '').slice(0, MAX_LINE_CHARS);
      if (this.child === child && this.binary) lines.forEach((line) => this.take(line));
    });
    child.once('error', () => this.ended(child)); // could not be started: no 'exit' follows
    child.once('exit', () => this.ended(child));
  }

  /** A line is `index, percent`; a GPU that can't say (MIG, some drivers) gives `[N/A]`, and a failure is prose. */
  private take(line: string): void {
    const [, index, value] = /^\s*(\d+)\s*,\s*(.*?)\s*$/.exec(line) ?? [];
    if (index === undefined) return;
    const percent = value === '' ? NaN : Number(value);
    if (!Number.isFinite(percent)) return void this.readings.delete(index);
    this.readings.set(index, percent);
    this.deathsInARow = 0;
  }

  private ended(child: ChildProcess): void {
    if (this.child !== child) return;
    this.child = undefined;
    child.stdout?.destroy();
    this.readings.clear();
    const { binary } = this;
    if (!binary) return;
    const pauseMs = Math.min(FIRST_RESTART_MS * 2 ** this.deathsInARow, LAST_RESTART_MS);
    this.deathsInARow += 1;
    this.cancelRestart = this.clock.schedule(pauseMs, () => this.launch(binary));
  }
}

function findOnPath(program: string, searchPath: string): string | undefined {
  return searchPath
    .split(delimiter)
    .filter((folder) => folder !== '')
    .map((folder) => join(folder, program))
    .find((file) => existsSync(file));
}
