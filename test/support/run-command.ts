import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { promisify } from 'node:util';

const execute = promisify(execFile);

/** Runs a command to its end. @returns its standard output @throws Error with all that it wrote, when it fails */
export async function runCommand(command: string, words: readonly string[], cwd: string): Promise<string> {
  try {
    return (await execute(command, words, { cwd, maxBuffer: 2 ** 26 })).stdout;
  } catch (error) {
    const { stdout = '', stderr = '' } = error as { stdout?: string; stderr?: string };
    throw new Error(`${command} ${words.join(' ')} failed:\n${stdout}\n${stderr}`, { cause: error });
  }
}

/** A command that serves until it is stopped. */
export interface ServingCommand {
  readonly url: string;
  readonly stop: () => Promise<void>;
}

/** Starts a service by a command and waits until it says where it is ready. All that the command starts ends with `stop`. */
export async function serveCommand(command: string, words: readonly string[], cwd: string): Promise<ServingCommand> {
  const child = spawn(command, words, { cwd, detached: true, env: { ...process.env, PORT: '0' }, stdio: ['ignore', 'pipe', 'pipe'] });
  const ended = once(child, 'exit');
  const stop = async (): Promise<void> => {
    if (child.exitCode === null && child.signalCode === null && child.pid) process.kill(-child.pid, 'SIGTERM'); // the group of its own
    await ended;
  };
  return { url: await readyUrl(child), stop };
}

function readyUrl(child: ChildProcess): Promise<string> {
  let output = '';
  return new Promise((resolve, reject) => {
    const read = (chunk: Buffer): void => {
      output += chunk.toString();
      const url = /is ready on (http:\S+)/.exec(output)?.[1];
      if (url) resolve(url);
    };
    child.stdout?.on('data', read);
    child.stderr?.on('data', read);
    child.once('exit', (code) => reject(new Error(`ended with ${code} before it was ready:\n${output}`)));
  });
}
