import { createServer, type AddressInfo } from 'node:net';
import { readdirSync, readFileSync, readlinkSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { plainRequest } from '../support/plain-client.js';
import type { ServiceProcess } from '../support/service-process.js';
import { allReady, SupervisedServices } from '../support/supervised-services.js';
import { until } from '../support/until.js';
import type { ChildSettings } from './workers-child.js';

const SHIFTED_CLOCK = join(import.meta.dirname, '../support/shifted-clock.mjs');

describe('a supervisor of several processes', () => {
  const services = new SupervisedServices<ChildSettings>(join(import.meta.dirname, 'workers-child.ts'));

  afterEach(() => services.remove());

  const pids = async (url: string): Promise<number[]> => {
    const { processes } = (await plainRequest(`${url}/stats`)).json() as { processes: { pid: number; state: string }[] };
    return processes
      .filter(({ state }) => state === 'ready')
      .map(({ pid }) => pid)
      .sort();
  };

  it('ends as one process would when the app can not start, and tells it once', async () => {
    const child = services.start({ start: { workers: 3 }, model: 'fails' });
    expect(await child.exited).toEqual({ code: 1, signal: null });
    expect(child.log('.wf').filter((line) => line.includes('Web service can not start'))).toHaveLength(1);
    expect(child.output).toContain('[FATAL] Worker 1 ended with code 1, and none is ready: ending with code 1');
  });

  it('says that its port is in use, and ends with code 1', async () => {
    const other = createServer().listen(0, '127.0.0.1');
    await new Promise((resolve) => other.once('listening', resolve));
    const { port } = other.address() as AddressInfo;
    try {
      const child = services.start({ start: { workers: 2, port } });
      expect(await child.exited).toEqual({ code: 1, signal: null });
      expect(child.output).toContain(`port ${port} of 127.0.0.1 is in use`);
    } finally {
      other.close();
    }
  });

  it('refuses options out of range before it starts anything', async () => {
    const child = services.start({ start: { workers: { stuckAfterMs: 10 } } });
    expect((await child.exited).code).toBe(1);
    expect(child.output).toContain('"workers.stuckAfterMs" must be an integer >= 5000 or false, got 10 (set it in startWebService()).');
    const inEnvironment = services.start({}, { WORKERS: 'many' });
    expect((await inEnvironment.exited).code).toBe(1);
    expect(inEnvironment.output).toContain(
      '"WORKERS" must be an integer from 1 to 1024 or "auto", got "many" (set it in the environment).',
    );
  });

  it('answers probes while the first model loads, and ends with code 0 when it is stopped meanwhile', async () => {
    const child = services.start({ model: 'never loads' }, { WORKERS: '2' });
    const [, url = ''] = await child.says(/Listening on (http:\S+)/);
    expect((await plainRequest(`${url}/health/live`)).status).toBe(200);
    expect((await plainRequest(`${url}/health/ready`)).status).toBe(503);
    child.child.kill('SIGTERM');
    expect(await child.exited).toEqual({ code: 0, signal: null });
  });

  it('keeps the old ones when new ones do not start, and gives up when nothing is left', async () => {
    const child = services.start(
      { start: { workers: 2 } },
      { FAULT_FILE: join(import.meta.dirname, `../../node_modules/.fault-${process.pid}`) },
    );
    const faultFile = join(import.meta.dirname, `../../node_modules/.fault-${process.pid}`);
    try {
      const url = await allReady(child);
      const before = await pids(url);
      writeFileSync(faultFile, '');
      child.child.kill('SIGUSR2');
      await child.says(/Worker 1 can't be replaced: its successor did not start\. It stays, and the rolling restart ends here/);
      expect(await pids(url)).toEqual(before);
      expect((await plainRequest(`${url}/work`, {})).status).toBe(200);
      for (const pid of before) process.kill(pid, 'SIGKILL');
      expect(await child.exited).toEqual({ code: 1, signal: null });
      const lines = child.output.split('\n');
      for (const pause of [100, 200])
        expect(lines.filter((line) => line.includes(`another takes its place in ${pause} ms`))).not.toEqual([]);
      expect(
        lines.filter((line) => /^\[FATAL\] Worker \d ended with code 1, and none is ready: ending with code 1$/.test(line)),
      ).toHaveLength(1);
    } finally {
      rmSync(faultFile, { force: true });
    }
  });

  it('goes on with the workers it has while the system gives it no process, and tries again', async () => {
    const child = services.start({ start: { workers: 2 } });
    const url = await allReady(child);
    const [victim, survivor] = await pids(url);
    child.child.kill('SIGHUP');
    await sleep(100);
    process.kill(victim, 'SIGKILL');
    await child.says(/Worker \d can't be started: spawn E2BIG: another takes its place in \d+ ms/);
    expect((await plainRequest(`${url}/work`, {})).json()).toMatchObject({ pid: survivor });
    child.child.kill('SIGUSR2');
    await child.says(/A successor of worker \d can't be started: spawn E2BIG/);
    await child.says(/Worker \d can't be replaced: its successor did not start\. It stays/);
    child.child.kill('SIGHUP');
    while ((await pids(url)).length < 2) await sleep(50);
    expect(await pids(url)).toContain(survivor);
  });

  it('starts no more workers when it is stopped in the middle of a rolling restart', async () => {
    const child = services.start({ start: { workers: 2 }, root: { shutdownGraceMs: 5000 } });
    const url = await allReady(child);
    const { processes } = (await plainRequest(`${url}/stats`)).json() as { processes: { process: number; pid: number }[] };
    const pidOf = (place: number): number => processes.find(({ process }) => process === place)?.pid ?? 0;
    const [first, second] = [1, 2].map((place) => `[pid:${pidOf(place)}]`);
    const says = (who: string, what: string): boolean => child.output.split('\n').some((line) => line.includes(who) && line.includes(what));
    let client: AbortController | undefined;
    for (let tries = 1; !says(second, 'work begins'); tries++) {
      client?.abort(); // the first has taken it
      client = new AbortController();
      const init = { method: 'POST', body: '{"ms":60000}', headers: { 'content-type': 'application/json' }, signal: client.signal };
      void fetch(`${url}/work`, init).catch(() => undefined);
      await until(() => child.output.split('work begins').length > tries);
    }
    child.child.kill('SIGUSR2');
    await until(() => says(first, 'letting clients go'));
    child.child.kill('SIGTERM');
    await until(() => says(first, 'Web service stopped'));
    await sleep(200);
    client?.abort();
    expect(await child.exited).toEqual({ code: 0, signal: null });
    expect(child.output.match(/Starting web service/g)).toHaveLength(3);
  });

  it.each(['the supervisor', 'its workers'])(
    'ends with code 0 when all are interrupted from the keyboard while they start, %s first',
    async (first) => {
      const child = services.start({ start: { workers: 2 } });
      await until(() => workersOf(child.child.pid).length > 0);
      const workers = workersOf(child.child.pid);
      if (first === 'the supervisor') child.child.kill('SIGINT');
      for (const pid of workers) process.kill(pid, 'SIGINT');
      if (first === 'its workers') {
        await until(() => workersOf(child.child.pid).length === 0);
        child.child.kill('SIGINT');
      }
      expect(await child.exited).toEqual({ code: 0, signal: null });
    },
  );

  it('ends with the code of its first worker when that alone is interrupted while it starts', async () => {
    const child = services.start({ start: { workers: 2 } });
    await until(() => workersOf(child.child.pid).length > 0);
    for (const pid of workersOf(child.child.pid)) process.kill(pid, 'SIGINT');
    expect(await child.exited).toEqual({ code: 130, signal: null });
    expect(child.output).toContain('Worker 1 was ended by SIGINT, and none is ready: ending with code 130');
  });

  it('ends at once with its workers when it is killed', async () => {
    const child = services.start({ start: { workers: 2 } });
    await allReady(child);
    child.child.kill('SIGKILL');
    // its outputs are those of the workers, too: they are closed when all have ended
    expect(await child.exited).toEqual({ code: null, signal: 'SIGKILL' });
  });

  it('serves the routes of operators on a listener that all share', async () => {
    const [port, child] = await withFreePort((free) => services.start({ start: { workers: 2 }, root: { management: { port: free } } }));
    const url = await allReady(child);
    const management = `http://127.0.0.1:${port}`;
    const spin = plainRequest(`${url}/spin`, { ms: 4000 });
    await sleep(200);
    for (let round = 0; round < 5; round++) {
      expect((await plainRequest(`${management}/metrics`)).text).toContain('nestage_processes{state="ready"}');
      expect((await plainRequest(`${management}/health/ready`)).status).toBe(200);
      expect((await plainRequest(`${url}/metrics`)).status).toBe(404);
    }
    await spin;
  });

  it('tells of an incident once, whichever of them see it', async () => {
    const alerts = { rules: [{ tier: 'L3', count: 1, cooldownMs: 600_000 }] } as const;
    const child = services.start({ start: { workers: 2 }, root: { alerts } });
    const url = await allReady(child);
    const both = await pids(url);
    const failedIn = new Set<string>();
    while (failedIn.size < both.length) {
      await Promise.all(Array.from({ length: 8 }, () => plainRequest(`${url}/fault`, { kind: 'error' })));
      for (const [, pid] of child.output.matchAll(/\[pid:(\d+)\].*Failed to process request: the disk is gone/g)) failedIn.add(pid);
    }
    await child.says(/Alert .*L3 x1 in 60 s/);
    child.child.kill('SIGTERM');
    await child.exited;
    expect(child.log('.wf').filter((line) => line.includes('L3 x1 in 60 s'))).toHaveLength(1);
  });

  it('shares its log files: no line is torn or lost, across the turn of the hour', async () => {
    const child = services.start(
      { start: { workers: 4 }, root: { logging: { console: false } } },
      {
        NODE_OPTIONS: `--import ${SHIFTED_CLOCK}`,
        CLOCK_SHIFT_FILE: join(import.meta.dirname, `../../node_modules/.hour-${process.pid}`),
      },
    );
    const shiftFile = join(import.meta.dirname, `../../node_modules/.hour-${process.pid}`);
    try {
      const url = await readyByLog(child, 4);
      const [requests, count] = [48, 500];
      const writing = Array.from({ length: requests }, (_, index) => plainRequest(`${url}/lines`, { from: index * count, count }));
      await Promise.race(writing); // some have written in the old hour, some will in the new one
      writeFileSync(shiftFile, '');
      await Promise.all(writing);
      await Promise.all(
        Array.from({ length: 16 }, (_, index) => plainRequest(`${url}/lines`, { from: (requests + index) * count, count })),
      );
      child.child.kill('SIGTERM');
      expect(await child.exited).toEqual({ code: 0, signal: null });

      const hours = readdirSync(child.folder).filter((name) => /^web_service\.log\.\d{10}$/.test(name));
      expect(hours).toHaveLength(2);
      expect(readlinkSync(join(child.folder, 'web_service.log'))).toBe(hours.sort()[1]);
      const lines = child.log().filter((line) => line.includes('] line '));
      const found = lines.map((line) => /^\[.+\] line (\d+) of (\d+) x* end$/.exec(line));
      expect(found.filter((match) => match === null)).toEqual([]);
      const numbers = found.map((match) => Number(match?.[1])).sort((a, b) => a - b);
      expect(numbers).toEqual(Array.from({ length: (requests + 16) * count }, (_, index) => index));
      const writersOf = (name: string): Set<unknown> =>
        new Set([...readFileSync(join(child.folder, name), 'utf8').matchAll(/\] line \d+ of (\d+)/g)].map(([, pid]) => pid));
      for (const hour of hours) expect(writersOf(hour).size).toBeGreaterThan(1);
    } finally {
      rmSync(shiftFile, { force: true });
    }
  });
});

/** The processes that another has started. */
function workersOf(pid = 0): number[] {
  return readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ').filter(Boolean).map(Number);
}

/** Its log is on no console: looks into its files. */
async function readyByLog(child: ServiceProcess, count: number): Promise<string> {
  for (;;) {
    const url = child
      .log()
      .map((line) => new RegExp(`All ${count} workers are ready on (http:\\S+)`).exec(line)?.[1])
      .find((found) => found !== undefined);
    if (url) return url;
    await sleep(100);
  }
}

async function withFreePort<T>(use: (port: number) => T): Promise<[number, T]> {
  const server = createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return [port, use(port)];
}
