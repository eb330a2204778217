import { spawnSync } from 'node:child_process';
import { Redis } from 'ioredis';
import { type Server, startServer } from './server-process.js';

const ARGUMENTS = ['--port', '%PORT%', '--bind', '127.0.0.1', '--appendonly', 'yes', '--appendfsync', 'everysec', '--save', ''];

/** A redis-server of the bench's own, which keeps what it is told in an append-only file, written out every second. */
export interface RedisProbe {
  readonly server: Server;
  readonly url: string;
  readonly client: Redis;
  /** What it has used so far. */
  readonly usage: () => Promise<RedisUsage>;
  readonly stop: () => Promise<void>;
}

export type RedisUsage = Readonly<Record<'cpuUs' | 'memoryBytes' | 'commands', number>>;

export function hasRedis(): boolean {
  return spawnSync('redis-server', ['--version']).status === 0;
}

export async function startRedis(): Promise<RedisProbe> {
  const server = await startServer({ command: ['redis-server', ...ARGUMENTS], isReady: answers, isPinned: false });
  const url = server.url.replace('http:', 'redis:');
  const client = new Redis(url);
  const usage = async (): Promise<RedisUsage> => {
    const info = await client.info();
    const figure = (name: string): number => Number(new RegExp(`^${name}:([\\d.]+)`, 'm').exec(info)?.[1]);
    const cpuUs = (figure('used_cpu_user') + figure('used_cpu_sys')) * 1e6;
    return { cpuUs, memoryBytes: figure('used_memory'), commands: figure('total_commands_processed') };
  };
  const stop = async (): Promise<void> => {
    client.disconnect();
    await server.stop();
  };
  return { server, url, client, usage, stop };
}

async function answers(url: string): Promise<boolean> {
  const client = new Redis(url.replace('http:', 'redis:'), { lazyConnect: true, retryStrategy: () => null });
  client.on('error', () => undefined); // nobody listens yet: told below
  try {
    await client.connect();
    return (await client.ping()) === 'PONG';
  } catch {
    return false;
  } finally {
    client.disconnect();
  }
}
