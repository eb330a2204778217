import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, existsSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { pinTo } from './pinning.js';

/** How a server is started. It listens on `PORT` of 127.0.0.1. */
export interface ServerSpec {
  /** Program and arguments; `%PORT%` in them becomes the port. */
  readonly command: readonly string[];
  readonly env?: NodeJS.ProcessEnv;
  /** Whether it keeps to one core, as the load generator keeps to the other. @default true */
  readonly isPinned?: boolean;
  /** Whether it is up: asked until it resolves to true. @default a connection is accepted */
  readonly isReady?: (url: string) => Promise<boolean>;
}

export interface Server {
  readonly pid: number;
  readonly port: number;
  readonly url: string;
  /** From the start of the process until it was ready. */
  readonly readyMs: number;
  /** A folder of its own, gone with it; the service's log file is in it. */
  readonly folder: string;
  readonly stop: () => Promise<void>;
}

const START_MS = 60_000;
const STOP_MS = 15_000;
const TRIES = 3;
const ASK_EVERY_MS = 2;
const LOG_FILE = 'service.log';
const SHOWN_CHARACTERS = 4000;

/** Starts a server and waits until it is ready. A free port may be taken by others before the server has it: another is tried then. */
export async function startServer(spec: ServerSpec): Promise<Server> {
  for (let tried = 1; ; tried++) {
    try {
      return await startOnce(spec);
    } catch (error) {
      if (tried === TRIES || (!String(error).includes('EADDRINUSE') && !String(error).includes('is in use'))) throw error;
    }
  }
}

/** The output goes to /dev/null, what it says of errors to a file that is shown when it fails. */
async function startOnce({ command, env, isPinned = true, isReady = accepts }: ServerSpec): Promise<Server> {
  const folder = mkdtempSync(join(tmpdir(), 'nestage-bench-'));
  const port = await freePort();
  const errors = openSync(join(folder, 'stderr'), 'w');
  const startedAt = performance.now();
  const [program, ...args] = command.map((part) => part.replace('%PORT%', String(port)));
  const child = spawn(program, args, {
    cwd: folder,
    env: { ...process.env, NODE_ENV: 'production', HOST: '127.0.0.1', PORT: String(port), LOG_FILE: join(folder, LOG_FILE), ...env },
    stdio: ['ignore', 'ignore', errors],
  });
  closeSync(errors);
  if (isPinned) pinTo(1, child.pid);
  const url = `http://127.0.0.1:${port}`;
  const stop = async (): Promise<void> => {
    await end(child);
    rmSync(folder, { recursive: true, force: true });
  };
  try {
    while (!(await isReady(url))) {
      if (child.exitCode !== null || child.signalCode !== null) throw new Error('it ended');
      if (performance.now() - startedAt > START_MS) throw new Error(`it was not ready after ${START_MS} ms`);
      await sleep(ASK_EVERY_MS);
    }
  } catch (error) {
    const words = wordsOf(folder);
    await stop();
    throw new Error(`${command.join(' ')} did not start: ${String(error)}\n${words}`, { cause: error });
  }
  return { pid: child.pid ?? 0, port, url, readyMs: performance.now() - startedAt, folder, stop };
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exited = once(child, 'exit');
  child.kill('SIGTERM');
  const timer = setTimeout(() => child.kill('SIGKILL'), STOP_MS);
  await exited;
  clearTimeout(timer);
}

/** What a server that did not start has said: its errors, and the end of its log. */
function wordsOf(folder: string): string {
  const files = ['stderr', LOG_FILE].map((name) => join(folder, name)).filter((file) => existsSync(file));
  return files.map((file) => readFileSync(file, 'utf8').slice(-SHOWN_CHARACTERS)).join('\n');
}

/** Whether something answers there at all, whatever it says. */
async function accepts(url: string): Promise<boolean> {
  try {
    await (await fetch(url)).arrayBuffer();
    return true;
  } catch {
    return false; // nobody listens yet
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  return (address as { port: number }).port;
}
