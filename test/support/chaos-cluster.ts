import { type ChildProcess, fork } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock } from '../../libs/nestage/src/common/clock.js';
import type { NewJob } from '../../libs/nestage/src/core/jobs/job.js';
import { BullJobEngine } from '../../libs/nestage/src/queue/engine/bull-job-engine.js';
import { RedisLink } from '../../libs/nestage/src/queue/redis/redis-link.js';
import { MemoryLogWriter } from '../../libs/nestage/src/testing/memory-log-writer.js';

const HOOK = join(import.meta.dirname, 'typescript-hook.mjs');
const WORKER = join(import.meta.dirname, 'chaos-worker.ts');

/** How often each job was begun and ended, as the workers' own file tells. */
export interface Ledger {
  readonly begun: ReadonlyMap<string, number>;
  readonly ended: ReadonlyMap<string, number>;
}

/** One process that hands jobs in, workers in processes of their own, and the file that they write to. */
export class ChaosCluster {
  readonly route = 'POST /chaos';
  readonly log = new MemoryLogWriter();
  readonly engine: BullJobEngine;
  readonly link: RedisLink;
  private readonly prefix = `{chaos-${randomUUID()}}`;
  private readonly folder = mkdtempSync(join(tmpdir(), 'nestage-chaos-'));
  private readonly ledgerFile = join(this.folder, 'ledger');
  private readonly workers: ChildProcess[] = [];

  /** @param url Redis, as the process that hands in reaches it */
  constructor(
    url: string,
    private readonly workerUrl = url,
    commandTimeoutMs = 2000,
  ) {
    writeFileSync(this.ledgerFile, '');
    this.link = new RedisLink({ connection: url, commandTimeoutMs, log: this.log, clock: systemClock });
    this.engine = new BullJobEngine({
      link: this.link,
      log: this.log,
      prefix: this.prefix,
      isWorker: false,
      lockMs: 900,
      maxBacklog: 0,
      eventsKept: 100,
      commandTimeoutMs,
    });
  }

  async ready(): Promise<void> {
    await new Promise<void>((resolve) => this.link.whenReady(resolve));
  }

  /** @param clockFile holds how far the clock of its machine is off, such as `+1h`; read again and again */
  async startWorker(env: NodeJS.ProcessEnv = {}, clockFile?: string): Promise<ChildProcess> {
    const own = { REDIS_URL: this.workerUrl, PREFIX: this.prefix, LEDGER: this.ledgerFile, ROUTE: this.route, ...env };
    const child = fork(WORKER, [], {
      env: { ...process.env, ...own, ...(clockFile !== undefined && fakedClock(clockFile)) },
      execArgv: ['--import', HOOK],
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    });
    this.workers.push(child);
    await once(child, 'message');
    return child;
  }

  /** A file of this cluster's own, gone with it. */
  write(name: string, text: string): string {
    const file = join(this.folder, name);
    writeFileSync(file, text);
    return file;
  }

  job(given: Partial<NewJob> = {}): NewJob {
    return { id: randomUUID(), kind: 'request', route: this.route, payload: {}, logId: 'chaos', tries: 5, keepMs: 600_000, ...given };
  }

  /** Adds so many jobs; those that were acknowledged are told. */
  async add(count: number): Promise<string[]> {
    const jobs = Array.from({ length: count }, () => this.job());
    const added = await Promise.all(jobs.map((job) => this.engine.add(job).catch(() => false)));
    return jobs.filter((_, index) => added[index]).map(({ id }) => id);
  }

  ledger(): Ledger {
    const lines = readFileSync(this.ledgerFile, 'utf8').trim().split('\n').filter(Boolean);
    const count = (word: string): Map<string, number> => {
      const counts = new Map<string, number>();
      for (const line of lines) {
        const [kind, id] = line.split(' ');
        if (kind === word) counts.set(id, (counts.get(id) ?? 0) + 1);
      }
      return counts;
    };
    return { begun: count('begin'), ended: count('end') };
  }

  async close(): Promise<void> {
    for (const child of this.workers) {
      if (child.exitCode !== null || child.signalCode !== null) continue;
      const exit = once(child, 'exit');
      child.kill('SIGKILL');
      await exit;
    }
    await this.engine.close(0);
    this.link.close();
    rmSync(this.folder, { recursive: true, force: true });
  }
}

/** libfaketime, without a process of its own between us and the worker; durations go by the true clock, as those of a machine do. */
function fakedClock(file: string): NodeJS.ProcessEnv {
  const folder = readdirSync('/usr/lib').find((name) => existsSync(`/usr/lib/${name}/faketime/libfaketimeMT.so.1`)) ?? '';
  return {
    LD_PRELOAD: `/usr/lib/${folder}/faketime/libfaketimeMT.so.1`,
    FAKETIME_TIMESTAMP_FILE: file,
    FAKETIME_NO_CACHE: '1',
    FAKETIME_DONT_FAKE_MONOTONIC: '1',
  };
}
