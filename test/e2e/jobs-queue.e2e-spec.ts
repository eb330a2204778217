import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { JobsModule, type JobView } from 'nestage/jobs';
import { QueueModule } from 'nestage/queue';
import { JOB_HANDLERS, JobDesk } from '../support/job-handlers.js';
import { type RedisServer, startRedis } from '../support/redis-server.js';
import { startTestService, type TestService } from '../support/test-service.js';
import { until } from '../support/until.js';

jest.setTimeout(60_000);

const ASYNC = { prefer: 'respond-async' };

describe('jobs on Redis', () => {
  let redis: RedisServer;
  let folder: string;
  let [web, worker]: TestService[] = [];
  let [atWeb, atWorker]: JobDesk[] = [];

  const start = async (role: 'web' | 'worker', desk: JobDesk): Promise<TestService> =>
    startTestService({
      adapter: 'express',
      providers: [...JOB_HANDLERS, { provide: JobDesk, useValue: desk }],
      imports: [JobsModule.forRoot({ folder }), QueueModule.forRoot({ connection: redis.url, role, prefix: '{jobs}' })],
    });

  beforeAll(async () => {
    redis = await startRedis();
    folder = mkdtempSync(join(tmpdir(), 'nestage-jobs-'));
    [atWeb, atWorker] = [new JobDesk(), new JobDesk()];
    web = await start('web', atWeb);
    worker = await start('worker', atWorker);
  });
  afterAll(async () => {
    await web.close();
    await worker.close();
    await redis.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  const handIn = (text: string, headers = {}): Promise<Response> => web.post('/texts', { text }, { headers: { ...ASYNC, ...headers } });
  const urlOf = (response: Response): string => web.url + response.headers.get('location');
  async function whenOver(url: string): Promise<JobView> {
    await (await fetch(`${url}/events`)).text();
    return (await fetch(url)).json() as Promise<JobView>;
  }

  it('are done by a worker, under the log id of the request, and answered by the web process as the call would have been', async () => {
    for (const [path, body] of [
      ['/texts', { text: 'grüße' }],
      ['/texts', { text: 'long '.repeat(20_000) }],
      ['/words', { text: 'a b c' }],
      ['/bytes', { text: 'named' }],
      ['/texts', { text: 'unknown' }],
    ] as const) {
      const logid = `queue-${JSON.stringify(body).length}`;
      const expected = await web.post(path, body, { headers: { logid } });
      const accepted = await web.post(path, body, { headers: { ...ASYNC, logid } });
      expect(accepted.status).toBe(202);
      await whenOver(urlOf(accepted));
      const result = await fetch(`${urlOf(accepted)}/result`);
      expect([result.status, result.headers.get('content-type')]).toEqual([expected.status, expected.headers.get('content-type')]);
      expect(Buffer.from(await result.arrayBuffer()).equals(Buffer.from(await expected.arrayBuffer()))).toBe(true);
      expect(worker.log.of(logid).some((line) => line.startsWith('Job began'))).toBe(true);
      expect(web.log.of(logid).some((line) => line.startsWith('Job began'))).toBe(false);
    }
  });

  it('bring their files by reference', async () => {
    const body = new FormData();
    body.set('text', 'x');
    body.set('file', new Blob(['a,b\n'.repeat(100_000)], { type: 'text/csv' }), 'table.csv');
    const accepted = await fetch(`${web.url}/files`, { method: 'POST', body, headers: ASYNC });
    expect(await whenOver(urlOf(accepted))).toMatchObject({ state: 'succeeded' });
    expect(await (await fetch(`${urlOf(accepted)}/result`)).json()).toMatchObject({ size: 400_000, name: 'table.csv' });
  });

  it('are called off where they run', async () => {
    const url = urlOf(await handIn('wait at the worker'));
    await until(() => atWorker.runs.has('wait at the worker'));
    expect((await fetch(url, { method: 'DELETE' })).status).toBe(200);
    await until(() => atWorker.aborted.includes('cancelled'));
    expect(await whenOver(url)).toMatchObject({ state: 'cancelled' });
  });

  it('are one for one Idempotency-Key, and can be tried again', async () => {
    const headers = { 'idempotency-key': 'queue-key' };
    const [first, second] = await Promise.all([handIn('model', headers), handIn('model', headers)]);
    expect(first.headers.get('location')).toBe(second.headers.get('location'));
    expect(await whenOver(urlOf(first))).toMatchObject({ state: 'dead', attempt: 2, status: 502 });
    expect((await fetch(`${urlOf(first)}/retry`, { method: 'POST' })).status).toBe(202);
    await until(() => atWorker.runs.get('model') === 4);
    expect(atWeb.runs.has('model')).toBe(false);
  });

  it('are refused at once while Redis is away; the rest goes on', async () => {
    await redis.kill();
    const refused = await handIn('while it is away');
    expect([refused.status, await refused.json()]).toMatchObject([503, { error: 'jobs_unavailable' }]);
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThanOrEqual(1);
    expect((await web.post('/texts', { text: 'at once' })).status).toBe(200);
    expect((await fetch(`${web.url}/metrics`)).status).toBe(200);
    await redis.restart();
    let response = await handIn('and back');
    while (response.status !== 202) {
      await sleep(50);
      response = await handIn('and back');
    }
    expect(await whenOver(urlOf(response))).toMatchObject({ state: 'succeeded' });
    expect(atWorker.runs.has('while it is away')).toBe(false);
  });
});
