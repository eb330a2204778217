import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const HOOK = join(import.meta.dirname, 'typescript-hook.mjs');

export interface ServiceProcessInit {
  /** File of TypeScript that the process runs. */
  readonly main: string;
  readonly args?: readonly string[];
  readonly env?: NodeJS.ProcessEnv;
}

/** A service in a process of its own, run from TypeScript, with its log in a folder of its own. */
export class ServiceProcess {
  readonly child: ChildProcess;
  readonly folder = mkdtempSync(join(tmpdir(), 'nestage-process-'));
  readonly exited: Promise<{ readonly code: number | null; readonly signal: NodeJS.Signals | null }>;
  /** What it wrote to both of its outputs so far. */
  output = '';
  private readonly seen = new Set<() => void>();

  constructor({ main, args = [], env = {} }: ServiceProcessInit) {
    const { HOST: _host, PORT: _port, ...inherited } = process.env;
    this.child = spawn(process.execPath, ['--import', HOOK, main, ...args], {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...inherited, PORT: '0', LOG_FILE: join(this.folder, 'web_service.log'), ...env },
    });
    for (const stream of [this.child.stdout, this.child.stderr]) {
      stream?.setEncoding('utf8').on('data', (text: string) => {
        this.output += text;
        for (const look of this.seen) look();
      });
    }
    this.exited = once(this.child, 'close').then(([code, signal]) => ({ code, signal }));
  }

  /** Resolves with the match as soon as the output holds the pattern; rejects when the process ends without it. */
  async says(pattern: RegExp): Promise<RegExpExecArray> {
    const found = new Promise<RegExpExecArray>((resolve) => {
      const look = (): void => {
        const match = pattern.exec(this.output);
        if (!match) return;
        this.seen.delete(look);
        resolve(match);
      };
      this.seen.add(look);
      look();
    });
    const ended = this.exited.then(({ code }) => {
      throw new Error(`the process ended with ${code} and never said ${String(pattern)}:\n${this.output}`);
    });
    return Promise.race([found, ended]);
  }

  /** Where it listens, once it is ready. */
  async ready(): Promise<string> {
    const [, url = ''] = await this.says(/Web service is ready on (http:\S+)/);
    return url;
  }

  /** All lines of the log, those of the hourly files in order. */
  log(suffix = ''): string[] {
    const name = new RegExp(String.raw`^web_service\.log${suffix.replace('.', String.raw`\.`)}\.\d{10}$`);
    const files = existsSync(this.folder) ? readdirSync(this.folder).filter((file) => name.test(file)) : [];
    return files.sort().flatMap((file) => readFileSync(join(this.folder, file), 'utf8').split('\n').slice(0, -1));
  }

  /** Ends it if it still runs, and takes its log away. */
  async remove(): Promise<void> {
    if (this.child.exitCode === null && this.child.signalCode === null) this.child.kill('SIGKILL');
    await this.exited;
    rmSync(this.folder, { recursive: true, force: true });
  }
}
