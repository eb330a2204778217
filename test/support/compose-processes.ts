import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parse, stringify } from 'yaml';
import type { BuiltImage } from './dockerfile-runner.js';
import { freePort, type RedisServer, startRedis } from './redis-server.js';
import { serveCommand, type ServingCommand } from './run-command.js';

interface ComposeService {
  readonly image?: string;
  readonly build?: object;
  readonly command?: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
  readonly deploy?: { readonly replicas?: number };
}

/** One replica of a service of ours. */
export interface Replica extends ServingCommand {
  readonly managementPort: number;
}

/** The services of a compose file as processes of this machine. */
export interface ComposeProcesses {
  readonly replicas: Readonly<Record<string, readonly Replica[]>>;
  readonly redis: RedisServer;
  readonly prometheusUrl: string;
  /** Services that can't be run here, for want of their program. */
  readonly leftOut: readonly string[];
  readonly stop: () => Promise<void>;
}

/**
 * Starts what a compose file says, on 127.0.0.1 and free ports: our image by its own command, Redis and Prometheus by the programs of this
 * machine with the arguments and the configuration of the file. Names of services become addresses, which is all that is changed.
 */
export async function startCompose(file: string, image: BuiltImage, folder: string): Promise<ComposeProcesses> {
  const { services } = parse(await readFile(file, 'utf8'), { merge: true }) as { services: Record<string, ComposeService> };
  const redis = await startRedis(redisSettings(services['redis'].command ?? []));
  const stops: (() => Promise<unknown>)[] = [redis.stop];
  const stop = async (): Promise<void> => {
    for (const each of stops.reverse()) await each();
  };
  try {
    const replicas: Record<string, Replica[]> = {};
    for (const [name, service] of Object.entries(services).filter(([, { build }]) => build)) {
      replicas[name] = [];
      for (let count = service.deploy?.replicas ?? 1; count > 0; count--) {
        const replica = await startReplica(service, image, redis);
        stops.push(replica.stop);
        replicas[name].push(replica);
      }
    }
    const prometheus = await startPrometheus(join(file, '../prometheus/prometheus.yml'), replicas, folder);
    stops.push(prometheus.stop);
    const known = [...Object.keys(replicas), 'redis', 'prometheus'];
    const leftOut = Object.keys(services).filter((name) => !known.includes(name));
    return { replicas, redis, prometheusUrl: prometheus.url, leftOut, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function startReplica({ environment = {} }: ComposeService, image: BuiltImage, redis: RedisServer): Promise<Replica> {
  const managementPort = await freePort();
  const given = Object.entries(environment).map(([name, value]) => [
    name,
    value.replace('redis:6379', `127.0.0.1:${redis.port}`).replace(/\$\{\w+:-(.*)\}/, '$1'),
  ]);
  const onLoopback = { HOST: '127.0.0.1', PORT: '0', MANAGEMENT_HOST: '127.0.0.1', MANAGEMENT_PORT: String(managementPort) };
  const env = { ...image.env, ...(Object.fromEntries(given) as Record<string, string>), ...onLoopback };
  const [program, ...words] = image.command;
  return { ...(await serveCommand(program, words, join(image.root, image.workdir), env)), managementPort };
}

/** Arguments of redis-server as settings: `--appendonly yes`. */
function redisSettings([, ...words]: readonly string[]): Record<string, string> {
  return Object.fromEntries(
    words.flatMap((word, index) => (word.startsWith('--') ? [[word.slice(2), words[index + 1]] as [string, string]] : [])),
  );
}

/** The file's own configuration, with the replicas' ports in place of their name. */
async function startPrometheus(
  configuration: string,
  replicas: Readonly<Record<string, readonly Replica[]>>,
  folder: string,
): Promise<{ url: string; stop: () => Promise<void> }> {
  const config = parse(await readFile(configuration, 'utf8')) as { global: object; scrape_configs: Record<string, unknown>[] };
  const targets = Object.values(replicas).flatMap((each) => each.map(({ managementPort }) => `127.0.0.1:${managementPort}`));
  const [{ job_name: job }] = config.scrape_configs;
  const local = { global: { scrape_interval: '1s' }, scrape_configs: [{ job_name: job, static_configs: [{ targets }] }] };
  const data = join(folder, 'prometheus');
  await mkdir(data, { recursive: true });
  await writeFile(join(data, 'prometheus.yml'), stringify(local));
  const port = await freePort();
  const words = [`--config.file=${join(data, 'prometheus.yml')}`, `--storage.tsdb.path=${data}`, `--web.listen-address=127.0.0.1:${port}`];
  const child: ChildProcess = spawn('prometheus', words, { stdio: 'ignore' });
  const stop = async (): Promise<void> => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    const exit = once(child, 'exit');
    child.kill('SIGTERM');
    await exit;
  };
  return { url: `http://127.0.0.1:${port}`, stop };
}
