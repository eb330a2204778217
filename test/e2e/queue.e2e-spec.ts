import { QueueModule, type QueueOptions } from 'nestage/queue';
import { RedisLink } from '../../libs/nestage/src/queue/redis/redis-link.js';
import { QUEUE_HANDLERS, QueueModel } from '../support/queue-handlers.js';
import { RedisServices } from '../support/redis-services.js';
import { ADAPTERS, type TestService } from '../support/test-service.js';
import { until } from '../support/until.js';

const services = new RedisServices();

describe.each(ADAPTERS)('routes with execution "queue" on %s', (adapter) => {
  const start = (options: QueueOptions): Promise<TestService> => {
    const imports = [QueueModule.forRoot({ connection: services.redis.url, ...options })];
    return services.start({ adapter, imports, providers: QUEUE_HANDLERS });
  };

  async function startPair(options: QueueOptions = {}) {
    const shared = { prefix: services.newPrefix(), ...options };
    const web = await start({ ...shared, role: 'web' });
    const worker = await start({ ...shared, role: 'worker' });
    return { web, worker, model: worker.app.get(QueueModel) };
  }

  const json = async (response: Promise<Response>): Promise<unknown> => (await response).json();

  it('are run by a worker, the other stages by the process that the request came to', async () => {
    const { web, worker, model } = await startPair();
    expect(await json(web.post('/run', { kind: 'text', text: 'ä\n' }))).toEqual({ result: 'ä\n' });
    expect([model.initialized, web.app.get(QueueModel).initialized]).toEqual([1, 0]);
    const stagesOf = ({ log }: TestService) =>
      log.records.map(({ message }) => /^(?:Pre processed|Inference result|Post processed)/.exec(message)?.[0]).filter(Boolean);
    expect(stagesOf(web)).toEqual(['Pre processed', 'Inference result', 'Post processed']);
    expect(stagesOf(worker)).toEqual(['Inference result']);
  });

  it('take dates, maps, bytes and undefined there and back; long ones by reference', async () => {
    const { web } = await startPair();
    expect(await json(web.post('/run', { kind: 'rich' }))).toEqual({ result: [true, true, [1, 2, 3], true] });
    expect(await json(web.post('/run', { kind: 'large' }))).toEqual({ length: 2_000_000, last: 8 });
  });

  it('send long values over a connection of their own, so that nothing waits behind them', async () => {
    const { web } = await startPair();
    const { commands } = web.app.get(RedisLink);
    const bulkConnections = async (): Promise<number> => String(await commands.client('LIST')).split('name=nestage:payloads').length - 1;
    await until(async () => (await bulkConnections()) === 0); // of tests before
    await web.post('/run', { kind: 'text', text: 'short' });
    expect(await bulkConnections()).toBe(0);
    await web.post('/run', { kind: 'large' });
    expect(await bulkConnections()).toBe(2); // of the web process, and of the worker
  });

  it('know the request: log id, path, deadline, headers without secrets; what they set on the reply comes back', async () => {
    const { web } = await startPair();
    const before = Date.now();
    const headers = { logid: 'id-of-mine', authorization: 'Bearer secret', cookie: 'a=b', 'x-tenant': 'acme' };
    const response = await web.post('/run', { kind: 'context' }, { headers });
    expect([response.status, response.headers.get('x-by'), response.headers.get('logid')]).toEqual([202, 'worker', 'id-of-mine']);
    const { result } = (await response.json()) as { result: { logId: string; headers: Record<string, string>; deadline: number } };
    expect(result).toMatchObject({ logId: 'id-of-mine', origin: 'job', path: '/run', headers: { 'x-tenant': 'acme' } });
    expect(Object.keys(result.headers)).not.toEqual(expect.arrayContaining(['authorization', 'cookie']));
    expect(Math.abs(result.deadline - before - 20_000)).toBeLessThan(5000);
  });

  it('answer errors by their tier as if they had happened here', async () => {
    const { web, worker } = await startPair();
    const answers = await Promise.all(
      ['business', 'nest', 'model', 'unknown'].map(async (kind) => {
        const response = await web.post('/run', { kind });
        const { error, message } = (await response.json()) as { error: string; message: string };
        return [response.status, error, message, response.headers.get('retry-after')];
      }),
    );
    expect(answers).toEqual([
      [409, 'business_error', 'It is paid already', null],
      [400, 'client_error', 'It is not wanted', null],
      [503, 'model_overloaded', 'Service temporarily unavailable', '7'],
      [500, 'internal_error', 'Something went wrong', null],
    ]);
    for (const { log } of [web, worker]) {
      expect(log.records.filter(({ level, message }) => level === 'ERROR' && message.includes('secret of the worker'))).not.toEqual([]);
    }
  });

  it('give bytes with their type, and streams item by item', async () => {
    const { web } = await startPair();
    const binary = await web.post('/run', { kind: 'binary' });
    expect([binary.headers.get('content-type'), await binary.text()]).toEqual(['image/png', 'pixels']);
    const stream = await web.post('/stream', { items: 300 }, { headers: { accept: 'application/x-ndjson' } });
    const items = (await stream.text()).trim().split('\n');
    expect([stream.headers.get('x-items'), items.length, items.at(-1)]).toEqual(['300', 300, '{"item":300}']);
    const none = await web.post('/stream', { items: 0 }, { headers: { accept: 'application/x-ndjson' } });
    expect([none.status, await none.text()]).toEqual([200, '']);
  });

  it('tell an error in the middle of a stream in it, and one before its first item by status', async () => {
    const { web } = await startPair();
    const headers = { accept: 'application/x-ndjson' };
    const broken = await (await web.post('/stream', { items: 5, failsAt: 3 }, { headers })).text();
    expect(broken.trim().split('\n').slice(0, 2)).toEqual(['{"item":1}', '{"item":2}']);
    expect(broken).toContain('model_error');
    expect((await web.post('/stream', { items: 5, failsAt: 1 }, { headers })).status).toBe(502);
  });

  it('gather the requests of all processes in batches where the model is', async () => {
    const { web, model } = await startPair();
    const answers = await Promise.all([1, -2, 3, 4].map((n) => web.post('/batch', { n })));
    expect(answers.map(({ status }) => status)).toEqual([200, 400, 200, 200]);
    expect(await answers[2].json()).toEqual({ n: 30 });
    expect(model.batches[0]).toBe(4);
  });

  it('stop in the worker when the client goes, and when time is up', async () => {
    const { web, worker, model } = await startPair();
    const client = new AbortController();
    const gone = web.post('/run', { kind: 'slow' }, { signal: client.signal }).catch((error: Error) => error.name);
    await until(() => worker.log.records.some(({ message }) => message.startsWith('Request handler type')));
    client.abort();
    expect(await gone).toBe('AbortError');
    const late = await web.post('/run', { kind: 'slow' }, { headers: { 'x-request-timeout-ms': '300' } });
    expect(late.status).toBe(504);
    await until(() => model.aborted.length === 2);
    expect([['cancelled'], ['cancelled', 'deadline']].map((each, index) => each.includes(model.aborted[index] as string))).toEqual([
      true,
      true,
    ]);
  });

  it('end a stream in the worker when its client goes, which never was far ahead of it', async () => {
    const { web, model } = await startPair({ eventsKept: 64 });
    const client = new AbortController();
    const response = await web.post(
      '/stream',
      { items: 1_000_000 },
      { headers: { accept: 'application/x-ndjson' }, signal: client.signal },
    );
    const reader = response.body?.getReader();
    await reader?.read();
    client.abort();
    await until(() => model.aborted.includes('stream'));
    expect(model.taken).toBeLessThan(1_000_000);
  });

  it('refuse with 503 and Retry-After what comes past maxBacklog', async () => {
    const web = await start({ prefix: services.newPrefix(), role: 'web', maxBacklog: 2 });
    const headers = { 'x-request-timeout-ms': '1500' };
    const waiting = [web.post('/run', { kind: 'text' }, { headers }), web.post('/run', { kind: 'text' }, { headers })];
    await until(() => web.log.records.filter(({ message }) => message.startsWith('Pre processed')).length === 2);
    await new Promise((resolve) => setTimeout(resolve, 200));
    const refused = await web.post('/run', { kind: 'text' }, { headers });
    expect([refused.status, ((await refused.json()) as { error: string }).error]).toEqual([503, 'overloaded']);
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThanOrEqual(1);
    expect((await Promise.all(waiting)).map(({ status }) => status)).toEqual([504, 504]);
    expect((await web.post('/local', {})).status).toBe(200);
  });

  it('are run here when there is no Redis, and by any replica with the role "both"', async () => {
    const here = await start({ connection: undefined });
    expect(await json(here.post('/run', { kind: 'text', text: 'here' }))).toEqual({ result: 'here' });
    expect(await json(here.post('/batch', { n: 1 }))).toEqual({ n: 10 });
    const both = await start({ prefix: services.newPrefix(), role: 'both' });
    expect(await json(both.post('/run', { kind: 'context' }))).toMatchObject({ result: { origin: 'job' } });
  });

  it('are served by no worker; its health is', async () => {
    const { web, worker } = await startPair();
    expect((await worker.post('/run', { kind: 'text' })).status).toBe(404);
    expect((await fetch(`${worker.url}/health/ready`)).status).toBe(200);
    const health = (await (await fetch(`${web.url}/health`)).json()) as { checks: Record<string, object> };
    expect(health.checks['queue']).toMatchObject({ status: 'healthy', details: { role: 'web', waiting: 0 } });
    const metrics = await (await fetch(`${web.url}/metrics`)).text();
    expect(metrics).toMatch(/^nestage_queue_backlog_seconds 0$/m);
    expect(metrics).toMatch(/^nestage_jobs\{state="waiting"\} 0$/m);
  });
});
