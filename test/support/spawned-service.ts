import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';

const HOOK = join(import.meta.dirname, 'typescript-hook.mjs');

/** A service in a process of its own. */
export interface SpawnedService {
  readonly url: string;
  readonly pid: number;
  /** All that it has written so far. */
  readonly output: () => string;
  /** Sends SIGTERM and resolves to its exit code. */
  readonly stop: () => Promise<number | null>;
}

/** Starts a `main.ts`, or what it was compiled to, on a free port and waits until it says that it is ready. */
export async function spawnService(mainFile: string, env: NodeJS.ProcessEnv = {}, nodeArguments: string[] = []): Promise<SpawnedService> {
  const hook = mainFile.endsWith('.ts') ? ['--import', HOOK] : [];
  const child = spawn(process.execPath, [...hook, ...nodeArguments, mainFile], {
    env: { ...process.env, PORT: '0', LOG_FILE: 'false', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const stop = async (): Promise<number | null> => {
    if (child.exitCode === null && child.signalCode === null) {
      child.kill('SIGTERM');
      await once(child, 'exit');
    }
    return child.exitCode;
  };
  const { url, output } = await readiness(child);
  return { url, pid: child.pid ?? 0, output, stop };
}

function readiness(child: ChildProcess): Promise<Pick<SpawnedService, 'url' | 'output'>> {
  let text = '';
  const output = (): string => text;
  return new Promise((resolve, reject) => {
    const onData = (chunk: Buffer): void => {
      text += chunk.toString();
      const url = /is ready on (http:\S+)/.exec(text)?.[1];
      if (url) resolve({ url, output });
    };
    child.stdout?.on('data', onData);
    child.stderr?.on('data', onData);
    child.once('exit', (code) => reject(new Error(`The service ended with ${code} before it was ready:\n${text}`)));
  });
}
