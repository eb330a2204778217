import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** What an instant query gave: a value per set of labels. */
export type QueryResult = readonly { readonly metric: Readonly<Record<string, string>>; readonly value: number }[];

/** A real Prometheus that scrapes one service. */
export class PrometheusServer {
  private constructor(
    private readonly process: ChildProcess,
    private readonly folder: string,
    private readonly url: string,
  ) {}

  /** @param target host and port of the service */
  static async start(target: string, scrapeIntervalMs: number): Promise<PrometheusServer> {
    const folder = await mkdtemp(join(tmpdir(), 'prometheus-'));
    const config = join(folder, 'prometheus.yml');
    await writeFile(
      config,
      `global: { scrape_interval: ${scrapeIntervalMs}ms, scrape_timeout: ${scrapeIntervalMs}ms }\n` +
        `scrape_configs: [{ job_name: nestage, static_configs: [{ targets: ['${target}'] }] }]\n`,
    );
    const address = `127.0.0.1:${await freePort()}`;
    const process = spawn(
      'prometheus',
      [`--config.file=${config}`, `--storage.tsdb.path=${join(folder, 'data')}`, `--web.listen-address=${address}`, '--log.level=error'],
      { stdio: 'ignore' },
    );
    const server = new PrometheusServer(process, folder, `http://${address}`);
    await server.until(async () => (await fetch(`${server.url}/-/ready`).catch(() => undefined))?.status === 200);
    return server;
  }

  /** Resolves when the service has been scraped so often. */
  async scraped(times: number): Promise<void> {
    await this.until(async () => (await this.query('count_over_time(up{job="nestage"}[5m])'))[0]?.value >= times);
  }

  /** @throws Error with what Prometheus says of a bad query */
  async query(expression: string): Promise<QueryResult> {
    const response = await fetch(`${this.url}/api/v1/query?${new URLSearchParams({ query: expression }).toString()}`);
    const answer = (await response.json()) as {
      readonly error?: string;
      readonly data?: { readonly result: readonly { readonly metric: Record<string, string>; readonly value: [number, string] }[] };
    };
    if (!answer.data) throw new Error(`${answer.error} in ${expression}`);
    return answer.data.result.map(({ metric, value }) => ({ metric, value: Number(value[1]) }));
  }

  async stop(): Promise<void> {
    const ended = new Promise((resolve) => this.process.once('exit', resolve));
    this.process.kill('SIGTERM');
    await ended;
    await rm(this.folder, { recursive: true, force: true });
  }

  private async until(isMet: () => Promise<boolean>): Promise<void> {
    for (let attempt = 0; !(await isMet()); attempt++) {
      if (attempt === 1200) throw new Error('Prometheus did not get there in two minutes');
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer().once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address() as { port: number };
      server.close(() => resolve(port));
    });
  });
}
