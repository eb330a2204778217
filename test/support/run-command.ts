import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { promisify } from 'node:util';

const execute = promisify(execFile);

/** Runs a command to its end. @returns its standard output @throws Error with all that it wrote, when it fails */
export async function runCommand(command: string, words: readonly string[], cwd: string, env: NodeJS.ProcessEnv = {}): Promise<string> {
  try {
    return (await execute(command, words, { cwd, maxBuffer: 2 ** 26, env: { ...process.env, ...env } })).stdout;
  } catch (error) {
    const { stdout = '', stderr = '' } = error as { stdout?: string; stderr?: string };
    throw new Error(`${command} ${words.join(' ')} failed:\n${stdout}\n${stderr}`, { cause: error });
  }
}

/** A command that serves until it is stopped. */
export interface ServingCommand {
  readonly url: string;
  readonly pid: number;
  /** All that it has written so far. */
  readonly output: () => string;
  readonly stop: () => Promise<void>;
}

/** Starts a service by a command and waits until it says where it is ready. All that the command starts ends with `stop`. */
export async function serveCommand(
  command: string,
  words: readonly string[],
  cwd: string,
  env: NodeJS.ProcessEnv = {},
): Promise<ServingCommand> {
  const stdio = ['ignore', 'pipe', 'pipe'] as const;
  const child = spawn(command, words, { cwd, detached: true, env: { ...process.env, PORT: '0', ...env }, stdio: [...stdio] });
  const ended = once(child, 'exit');
  const stop = async (): Promise<void> => {
    if (child.exitCode === null && child.signalCode === null && child.pid) process.kill(-child.pid, 'SIGTERM'); // the group of its own
    await ended;
  };
  let output = '';
  const listen = (chunk: Buffer): void => void (output += chunk.toString());
  child.stdout.on('data', listen);
  child.stderr.on('data', listen);
  try {
    return { url: await readyUrl(child, () => output), pid: child.pid ?? 0, output: () => output, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

function readyUrl(child: ChildProcess, output: () => string): Promise<string> {
  return new Promise((resolve, reject) => {
    const look = (): void => {
      const url = /is ready on (http:\S+)/.exec(output())?.[1];
      if (url) resolve(url);
    };
    child.stdout?.on('data', look);
    child.stderr?.on('data', look);
    child.once('exit', (code) => reject(new Error(`ended with ${code} before it was ready:\n${output()}`)));
  });
}
