import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createConnection, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

/** A Redis of a test's own, which keeps every write it has acknowledged. */
export interface RedisServer {
  readonly url: string;
  readonly port: number;
  /** Ends it as a crash of its machine would. */
  readonly kill: () => Promise<void>;
  /** Has it take connections and commands, and answer none of them. */
  readonly freeze: () => void;
  /** Starts it again, with what it had acknowledged. */
  readonly restart: () => Promise<void>;
  /** Ends it and takes its files away. */
  readonly stop: () => Promise<void>;
}

/** Starts `redis-server` on a free port of 127.0.0.1, with its append-only file in a folder of its own, and with settings of yours. */
export async function startRedis(given: Readonly<Record<string, string>> = {}): Promise<RedisServer> {
  const folder = mkdtempSync(join(tmpdir(), 'nestage-redis-'));
  const settings = { bind: '127.0.0.1', dir: folder, appendonly: 'yes', appendfsync: 'always', save: '', daemonize: 'no', ...given };
  let port = 0;
  let child: ChildProcess | undefined;
  const start = async (): Promise<void> => {
    const args = Object.entries({ ...settings, port }).flatMap(([name, value]) => [`--${name}`, String(value)]);
    child = spawn('redis-server', args, { stdio: 'ignore' });
    while (!(await answers(port))) {
      if (child.exitCode !== null) throw new Error(`redis-server ended with ${child.exitCode}`);
      await sleep(10);
    }
  };
  const end = async (signal: 'SIGKILL' | 'SIGTERM'): Promise<void> => {
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    const exit = once(child, 'exit');
    child.kill(signal);
    child.kill('SIGCONT');
    await exit;
  };
  for (let tries = 1; port === 0; tries++) {
    port = await freePort();
    await start().catch((error: Error) => {
      if (tries === 3) throw error;
      port = 0; // somebody has taken it in the meantime
    });
  }
  return {
    url: `redis://127.0.0.1:${port}`,
    port,
    kill: () => end('SIGKILL'),
    freeze: () => void child?.kill('SIGSTOP'),
    restart: start,
    stop: async () => {
      await end('SIGTERM');
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** A port of 127.0.0.1 that nobody listens on now. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  server.close();
  await once(server, 'close');
  return port;
}

/** Whether it serves: while it loads its file it listens already. */
function answers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = createConnection(port, '127.0.0.1', () => socket.write('PING\r\n'));
    socket.once('data', (data) => {
      socket.destroy();
      resolve(data.toString().startsWith('+PONG'));
    });
    socket.once('error', () => resolve(false));
    socket.once('close', () => resolve(false));
  });
}
