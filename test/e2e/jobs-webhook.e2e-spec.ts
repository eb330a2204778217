import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { verifyWebhook, WebServiceError } from 'nestage';
import { InProcessJobEngine, JobsModule, type JobsOptions, type JobView } from 'nestage/jobs';
import { JOB_HANDLERS, JobDesk } from '../support/job-handlers.js';
import { startTestService, type TestService } from '../support/test-service.js';
import { until } from '../support/until.js';
import { WebhookReceiver } from '../support/webhook-receiver.js';

const ASYNC = { prefer: 'respond-async' };
const SECRET = 'a-secret-of-at-least-16';

describe('jobs', () => {
  let folder: string;
  let desk: JobDesk;
  let service: TestService;
  const start = async (jobs: JobsOptions): Promise<void> => {
    desk = new JobDesk();
    const providers = [...JOB_HANDLERS, { provide: JobDesk, useValue: desk }];
    service = await startTestService({ adapter: 'express', providers, imports: [JobsModule.forRoot({ folder, ...jobs })] });
  };
  const handIn = (text: string, headers: Record<string, string> = {}): Promise<Response> =>
    service.post('/texts', { text }, { headers: { ...ASYNC, ...headers } });

  beforeEach(() => (folder = mkdtempSync(join(tmpdir(), 'nestage-jobs-'))));
  afterEach(async () => {
    await service.close();
    rmSync(folder, { recursive: true, force: true });
  });

  describe('webhooks', () => {
    let receiver: WebhookReceiver;
    beforeEach(async () => (receiver = await new WebhookReceiver().open()));
    afterEach(() => receiver.close());

    it('tell the ends of jobs, signed', async () => {
      await start({ webhook: { secret: SECRET, url: receiver.url, backoffMs: 10 } });
      const accepted = (await (await handIn('fine')).json()) as JobView;
      const [{ headers, body, json }] = await receiver.take(1);
      expect(verifyWebhook({ headers, body, secret: SECRET })).toBe(true);
      expect(verifyWebhook({ headers, body, secret: 'another-secret-of-16' })).toBe(false);
      expect(headers['x-nestage-job-id']).toBe(accepted.id);
      expect(json).toMatchObject({ id: accepted.id, state: 'succeeded', status: 200, links: accepted.links });
      await handIn('model');
      const cancelled = (await (await handIn('wait')).json()) as JobView;
      await fetch(`${service.url}/jobs/${cancelled.id}`, { method: 'DELETE' });
      const states = (await receiver.take(3)).map((webhook) => webhook.json['state']);
      expect(states.sort()).toEqual(['cancelled', 'dead', 'succeeded']);
    });

    it('are tried again, and their failure is in the log without the path', async () => {
      receiver.answer = { status: 500 };
      await start({ webhook: { secret: SECRET, url: receiver.url, tries: 2, backoffMs: 10 } });
      await handIn('fine');
      await receiver.take(2);
      await until(() =>
        service.log.messages.some((line) => /^Webhook of job \S+ to http:\S+\/\*\*\* failed at try 2 of 2: it answered 500/.test(line)),
      );
      expect(service.log.messages.join('\n')).not.toContain('secret-path');
    });

    it('go where a client says, if the host is on the list and its address is public', async () => {
      const isAllowedAddress = (address: string): boolean => address === '127.0.0.1';
      const resolve = async (): Promise<string[]> => ['127.0.0.1'];
      const hosts = [`hooks.test:${receiver.port}`, '*.inside.test'];
      await start({ webhook: { secret: SECRET, hosts, http: true, resolve, isAllowedAddress } });
      expect((await handIn('fine', { 'x-job-webhook': `http://hooks.test:${receiver.port}/mine` })).status).toBe(202);
      expect((await receiver.take(1))[0].url).toBe('/mine');
      for (const url of ['http://elsewhere.test/', 'ftp://hooks.test/', 'http://a:b@hooks.test/', 'nonsense', `http://hooks.test:1/`]) {
        const refused = await handIn('fine', { 'x-job-webhook': url });
        expect([refused.status, await refused.json()]).toMatchObject([400, { data: { fields: [{ field: 'x-job-webhook' }] } }]);
      }
    });

    it('never reach an address inside by a name that a client gives', async () => {
      await start({ webhook: { secret: SECRET, hosts: [`localhost:${receiver.port}`], http: true, tries: 1 } });
      await handIn('fine', { 'x-job-webhook': `http://localhost:${receiver.port}/` });
      await until(() => service.log.messages.some((line) => line.includes('which is not allowed')));
      expect(receiver.received).toEqual([]);
    });
  });

  it('are refused at once when their engine can not be reached, while other requests go on', async () => {
    class Unreachable extends InProcessJobEngine {
      override async add(): Promise<boolean> {
        throw new WebServiceError('connect ECONNREFUSED', { code: 'jobs_unavailable' });
      }
    }
    await start({ engine: new Unreachable(), inlineBytes: 0 });
    const refused = await handIn('fine');
    expect([refused.status, refused.headers.get('retry-after'), await refused.json()]).toMatchObject([
      503,
      '1',
      { error: 'jobs_unavailable' },
    ]);
    expect((await service.post('/texts', { text: 'fine' })).status).toBe(200);
    expect(readdirSync(folder)).toEqual([]);
  });

  it('are refused with Retry-After when too many wait', async () => {
    await start({ inProcess: { maxWaiting: 1 } });
    for (const n of [1, 2, 3, 4]) {
      await handIn(`wait ${n}`); // as many as run at once
      await until(() => desk.runs.size === n);
    }
    expect((await handIn('in the line')).status).toBe(202);
    const refused = await handIn('one too many');
    expect([refused.status, await refused.json()]).toMatchObject([503, { error: 'overloaded' }]);
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThanOrEqual(1);
    for (const n of [1, 2, 3, 4]) await desk.open(`wait ${n}`);
  });

  it('that leave no answer, or whose bytes are gone, are told as an error of ours', async () => {
    class Crashing extends InProcessJobEngine {
      override async find(id: string) {
        const job = await super.find(id);
        return job && { ...job, state: 'dead' as const, finishedAt: 1, result: undefined, deadBecause: 'it was lost with its worker' };
      }
    }
    await start({ engine: new Crashing() });
    const { id } = (await (await handIn('fine')).json()) as JobView;
    const result = await fetch(`${service.url}/jobs/${id}/result`);
    expect([result.status, await result.json()]).toMatchObject([500, { error: 'system_error' }]);
    expect(service.log.messages.some((line) => line.includes('it was lost with its worker'))).toBe(true);
  });

  it('that run beyond their age end as any request that is late, and are not tried again', async () => {
    await start({});
    const { id } = (await (await service.post('/aged', { text: 'wait too long' }, { headers: ASYNC })).json()) as JobView;
    await (await fetch(`${service.url}/jobs/${id}/events`)).text();
    expect(await (await fetch(`${service.url}/jobs/${id}`)).json()).toMatchObject({ state: 'dead', attempt: 1, status: 504 });
    const result = await fetch(`${service.url}/jobs/${id}/result`);
    expect([result.status, await result.json()]).toMatchObject([504, { error: 'deadline_exceeded' }]);
    expect(desk.aborted).toEqual(['deadline']);
  });

  it('are told of in the log when they are lost with the process', async () => {
    await start({});
    await handIn('later', { 'x-job-delay-ms': '60000' });
    await service.close();
    expect(service.log.messages).toContain('Jobs are kept in the memory of this process, and lost with it');
    expect(service.log.messages).toContain('1 jobs that had not ended are lost with this process');
  });

  it.each([
    [{ route: { path: 'jobs' } }, '"route" must be { path } with a leading slash, or false'],
    [{ maxWaitMs: 0 }, '"maxWaitMs" must be an integer >= 1000'],
    [{ webhook: { secret: 'short' } }, '"webhook.secret" must be a text of at least 16 characters'],
    [{ webhook: { secret: SECRET, hosts: ['http://x/'] } }, '"webhook.hosts" must hold host names'],
    [{ inProcess: { maxWaiting: 0 } }, '"inProcess.maxWaiting" must be an integer >= 1'],
  ])('refuse a bad option: %j', async (options, text) => {
    await start({});
    await expect(startTestService({ adapter: 'express', imports: [JobsModule.forRoot(options as JobsOptions)] })).rejects.toThrow(text);
  });
});
