import { writeFileSync } from 'node:fs';
import { Agent } from 'node:http';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type PlainAnswer, plainRequest } from '../support/plain-client.js';
import { parseScrape } from '../support/scrape.js';
import { allReady, SupervisedServices } from '../support/supervised-services.js';
import { ADAPTERS } from '../support/test-service.js';
import { until } from '../support/until.js';
import type { ChildSettings } from './workers-child.js';

/** Long enough for a process that is well to answer the others, however slow the machine. */
const PATIENT_MS = 30_000;

/** One row of `processes` in /stats. */
interface ProcessRow {
  readonly process: number;
  readonly pid: number;
  readonly state: string;
  readonly isFresh: boolean;
}

describe('a service of several processes', () => {
  const services = new SupervisedServices<ChildSettings>(join(import.meta.dirname, 'workers-child.ts'));

  afterEach(() => services.remove());

  const work = (url: string, ms = 0, agent?: Agent): Promise<PlainAnswer> => plainRequest(`${url}/work`, { ms }, agent);

  async function scrape(url: string): Promise<(name: string, labels?: Record<string, string>) => number | undefined> {
    const samples = parseScrape((await plainRequest(`${url}/metrics`)).text);
    return (name, labels = {}) =>
      samples.find((sample) => sample.name === name && Object.entries(labels).every(([key, value]) => sample.labels[key] === value))?.value;
  }

  async function processes(url: string): Promise<readonly ProcessRow[]> {
    return (await plainRequest(`${url}/stats`)).json()['processes'] as readonly ProcessRow[];
  }

  /** Both processes answer: whoever is free takes a connection, so that it may take some tries. */
  async function pidsAtWork(url: string, count: number): Promise<Set<unknown>> {
    const pids = new Set<unknown>();
    while (pids.size < count) {
      const answers = await Promise.all(Array.from({ length: 8 }, () => work(url, 20)));
      for (const answer of answers) pids.add(answer.json()['pid']);
    }
    return pids;
  }

  describe.each(ADAPTERS)('on %s', (adapter) => {
    it('serves one port by all of them, and answers for all of them', async () => {
      const child = services.start({ start: { adapter, workers: { count: 2, answerTimeoutMs: PATIENT_MS } } });
      const url = await allReady(child);
      const pids = await pidsAtWork(url, 2);
      expect(pids.has(child.child.pid)).toBe(false); // the supervisor serves nothing itself

      const before = (await scrape(url))('nestage_requests_total', { path: '/work', status: '200' }) ?? 0;
      const answers = await Promise.all(Array.from({ length: 20 }, () => work(url, 10)));
      expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 200));
      for (let round = 0; round < 4; round++) {
        const value = await scrape(url);
        expect(value('nestage_requests_total', { path: '/work', status: '200' })).toBe(before + 20);
        expect(value('nestage_processes', { state: 'ready' })).toBe(2);
        expect([value('nestage_process_up', { process: '1' }), value('nestage_process_up', { process: '2' })]).toEqual([1, 1]);
        const stats = (await plainRequest(`${url}/stats`)).json() as { performance: { sinceStart: Record<string, { count: number }> } };
        expect(stats.performance.sinceStart['WorkHandler'].count).toBe(before + 20);
      }

      const logIds = answers.map((answer) => String(answer.json()['logId']));
      for (const logId of logIds) expect((await plainRequest(`${url}/requests/${logId}`)).json()).toMatchObject({ logId, status: 200 });
      expect(new Set(logIds).size).toBe(logIds.length);
      expect((await plainRequest(`${url}/requests/unheard-of`)).status).toBe(404);

      const health = (await plainRequest(`${url}/health`)).json();
      expect(health).toMatchObject({
        status: 'healthy',
        processes: expect.arrayContaining([expect.objectContaining({ status: 'healthy' })]),
      });
      expect((await plainRequest(`${url}/health/ready`)).json()).toEqual({ status: 'ready' });
      expect((await processes(url)).map(({ process, state }) => `${process} ${state}`).sort()).toEqual(['1 ready', '2 ready']);

      const begun = (): number => child.output.split('work begins').length;
      const begunBefore = begun();
      const late = Array.from({ length: 6 }, () => work(url, 700));
      await until(() => begun() === begunBefore + 6);
      child.child.kill('SIGTERM');
      child.child.kill('SIGTERM');
      expect((await Promise.all(late)).map(({ status }) => status)).toEqual(late.map(() => 200));
      expect(await child.exited).toEqual({ code: 0, signal: null });
      expect(child.log().filter((line) => line.includes('Web service stopped'))).toHaveLength(2);
    });

    it('answers for all while one is blocked, and says which one', async () => {
      const child = services.start({ start: { adapter, workers: { count: 2, answerTimeoutMs: 200, stuckAfterMs: false } } });
      const url = await allReady(child);
      await pidsAtWork(url, 2);
      const before = (await scrape(url))('nestage_requests_total', { path: '/work', status: '200' }) ?? 0;
      const file = join(child.folder, 'enough');
      const spin = plainRequest(`${url}/spin`, { ms: 150_000, file });
      await sleep(300);
      // whatever its turn, a question is answered by the one that is free, and long before the other is
      for (const path of ['/health/live', '/health/ready', '/health', '/stats', '/metrics', '/health/live', '/health/ready']) {
        expect([path, (await plainRequest(url + path)).status]).toEqual([path, 200]);
      }
      expect((await scrape(url))('nestage_requests_total', { path: '/work', status: '200' })).toBe(before);
      expect((await work(url)).status).toBe(200);
      await until(async () => (await scrape(url))('nestage_processes', { state: 'blocked' }) === 1);
      const value = await scrape(url);
      expect(value('nestage_requests_total', { path: '/work', status: '200' })).toBe(before + 1);
      expect([value('nestage_process_up', { process: '1' }), value('nestage_process_up', { process: '2' })].sort()).toEqual([0, 1]);
      expect((await processes(url)).map(({ state, isFresh }) => `${state} ${isFresh}`).sort()).toEqual(['blocked false', 'ready true']);
      expect((await plainRequest(`${url}/health`)).json()).toMatchObject({ status: 'degraded' });
      writeFileSync(file, ''); // all of this was while it span
      expect((await spin).status).toBe(200);
      await until(async () => (await scrape(url))('nestage_processes', { state: 'ready' }) === 2);
    });

    it('replaces all one by one without refusing a request', async () => {
      const child = services.start({ start: { adapter, workers: { count: 2, answerTimeoutMs: PATIENT_MS } } });
      const url = await allReady(child);
      const before = await pidsAtWork(url, 2);
      const already = (await scrape(url))('nestage_requests_total', { path: '/work', status: '200' }) ?? 0;
      const agent = new Agent({ keepAlive: true });
      const statuses: number[] = [];
      let [isOver, worked] = [false, 0];
      const clients = Array.from({ length: 6 }, async (_, index) => {
        for (; !isOver; worked++) statuses.push((await work(url, 5, index % 2 === 0 ? agent : undefined)).status);
      });
      const probing = (async (): Promise<void> => {
        for (; !isOver; await sleep(50)) statuses.push((await plainRequest(`${url}/health/ready`)).status);
      })();
      child.child.kill('SIGUSR2');
      const [outcome] = await child.says(/Rolling restart is done|can't be replaced/);
      expect(outcome).toBe('Rolling restart is done');
      await sleep(200);
      isOver = true;
      await Promise.all([...clients, probing]);
      agent.destroy();
      expect(statuses.filter((status) => status !== 200)).toEqual([]);
      expect(worked).toBeGreaterThan(50);
      const after = await pidsAtWork(url, 2);
      expect([...after].filter((pid) => before.has(pid))).toEqual([]);
      const value = await scrape(url);
      expect(value('nestage_process_restarts_total', { reason: 'rolling' })).toBe(2);
      // what those that are gone had counted is counted
      expect(value('nestage_requests_total', { path: '/work', status: '200' })).toBeGreaterThanOrEqual(already + worked);
    });
  });

  it('goes on in the others when one is killed under load, and starts another', async () => {
    const child = services.start({ start: { workers: 3 } });
    const url = await allReady(child);
    await pidsAtWork(url, 3);
    const outcomes: { readonly startedAt: number; readonly endedAt: number; readonly status: number | string }[] = [];
    let isOver = false;
    const clients = Array.from({ length: 12 }, async () => {
      while (!isOver) {
        const startedAt = performance.now();
        const status = await work(url, 30).then(
          (answer) => answer.status,
          (error: NodeJS.ErrnoException) => error.code ?? error.message,
        );
        outcomes.push({ startedAt, endedAt: performance.now(), status });
      }
    });
    await sleep(500);
    const counted = (await scrape(url))('nestage_requests_total', { path: '/work', status: '200' }) ?? 0;
    const [victim] = await processes(url);
    const killedAt = performance.now();
    process.kill(victim.pid, 'SIGKILL');
    expect((await scrape(url))('nestage_requests_total', { path: '/work', status: '200' })).toBeGreaterThanOrEqual(counted);
    await child.says(/was ended by SIGKILL: another takes its place in 100 ms/);
    await until(async () => (await scrape(url))('nestage_processes', { state: 'ready' }) === 3);
    isOver = true;
    await Promise.all(clients);
    const failed = outcomes.filter(({ status }) => status !== 200);
    // those that the killed one had at the time, and nothing else: each a broken connection
    expect(failed.every(({ startedAt, endedAt, status }) => startedAt <= killedAt && endedAt >= killedAt && status === 'ECONNRESET')).toBe(
      true,
    );
    expect(failed.length).toBeLessThanOrEqual(12);
    expect(outcomes.length).toBeGreaterThan(50);
    const value = await scrape(url);
    expect(value('nestage_process_restarts_total', { reason: 'crash' })).toBe(1);
    expect(value('nestage_requests_total', { path: '/work', status: '200' })).toBeGreaterThanOrEqual(counted);
  });

  it('replaces one that ends by itself, and one that stays blocked', async () => {
    const child = services.start({ start: { workers: { count: 2, stuckAfterMs: 5000 } } });
    const url = await allReady(child);
    await expect(plainRequest(`${url}/fault`, { kind: 'exit' })).rejects.toThrow();
    await child.says(/ended with code 7: another takes its place/);
    await until(async () => (await scrape(url))('nestage_processes', { state: 'ready' }) === 2);
    expect((await plainRequest(`${url}/fault`, { kind: 'fatal' })).status).toBe(500);
    await child.says(/After a fatal error, letting clients go/);
    await child.says(/ended with code 1: another takes its place/);
    await until(async () => (await scrape(url))('nestage_processes', { state: 'ready' }) === 2);
    await expect(plainRequest(`${url}/spin`, { ms: 120_000 })).rejects.toThrow();
    await child.says(/has been blocked for \d+ ms and is ended/);
    await until(async () => (await scrape(url))('nestage_processes', { state: 'ready' }) === 2);
    const value = await scrape(url);
    expect(value('nestage_process_restarts_total', { reason: 'blocked' })).toBe(1);
    expect(value('nestage_process_restarts_total', { reason: 'crash' })).toBe(2);
  });
});
