import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync as gzip } from 'node:zlib';
import { DocumentBuilder, SwaggerModule } from '@nestjs/swagger';
import { completeApiDocument } from 'nestage';
import { type JobView, JobsModule, type JobsOptions } from 'nestage/jobs';
import { hashApiKey, SecurityModule } from 'nestage/security';
import { JOB_HANDLERS, JobDesk } from '../support/job-handlers.js';
import { ADAPTERS, startTestService, type TestService, type TestServiceOptions } from '../support/test-service.js';
import { until } from '../support/until.js';

const ASYNC = { prefer: 'respond-async' };

describe.each(ADAPTERS)('jobs on %s', (adapter) => {
  let folder: string;
  let desk: JobDesk;
  let service: TestService;

  const start = (jobs: JobsOptions = {}, more: Partial<TestServiceOptions> = {}): Promise<TestService> => {
    desk = new JobDesk();
    const { imports = [], ...others } = more;
    return startTestService({
      adapter,
      providers: [...JOB_HANDLERS, { provide: JobDesk, useValue: desk }],
      imports: [JobsModule.forRoot({ folder, ...jobs }), ...imports],
      ...others,
    });
  };
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'nestage-jobs-'));
    service = await start();
  });
  afterAll(async () => {
    await service.close();
    rmSync(folder, { recursive: true, force: true });
  });

  const handIn = (text: string, headers: Record<string, string> = {}): Promise<Response> =>
    service.post('/texts', { text }, { headers: { ...ASYNC, ...headers } });
  const urlOf = (response: Response): string => service.url + response.headers.get('location');
  const viewOf = async (url: string, headers = {}): Promise<JobView> => (await fetch(url, { headers })).json() as Promise<JobView>;
  async function whenOver(url: string): Promise<JobView> {
    await (await fetch(`${url}/events`)).text(); // ends with the job
    return viewOf(url);
  }

  describe('the result', () => {
    type Call = (headers: Record<string, string>) => Promise<Response>;
    const post = (path: string, body: unknown, more = {}): Call => (headers) => service.post(path, body, { headers: { ...more, ...headers } }); // prettier-ignore
    const form =
      (text: string, size: number): Call =>
      (headers) => {
        const body = new FormData();
        body.set('text', text);
        body.set('file', new Blob(['a,b\n'.repeat(size)], { type: 'text/csv' }), 'table.csv');
        return fetch(`${service.url}/files`, { method: 'POST', body, headers });
      };
    const chat = (content: string, stream = false): Call => post('/v1/chat/completions', { model: 'm', messages: [{ role: 'user', content }], stream }); // prettier-ignore

    const CALLS: Record<string, Call> = {
      'a value': post('/texts', { text: 'grüße' }),
      'a status and a header of its own': post('/texts', { text: 'created' }),
      'a long text': post('/texts', { text: 'long '.repeat(20_000) }),
      'a compressed body': (headers) => service.post('/texts', new Uint8Array(gzip('{"text":"small"}')), { headers: { 'content-encoding': 'gzip', ...headers } }), // prettier-ignore
      'path and query': (headers) => fetch(`${service.url}/pages/a%2Fb?page=3`, { headers: { 'accept-language': 'zh', ...headers } }), // prettier-ignore
      'an error of tier L2': post('/texts', { text: 'teapot' }),
      'an error of tier L3': post('/texts', { text: 'model' }),
      'an error with Retry-After': post('/texts', { text: 'busy' }),
      'an unknown error': post('/texts', { text: 'unknown' }),
      'an error of a picture': post('/texts', { text: 'image' }),
      'a fatal error': post('/texts', { text: 'fatal' }),
      'a broken contract': post('/texts', { text: 'breaks the contract' }),
      'server-sent events': post('/words', { text: 'one two three' }),
      'newline-delimited JSON': post('/words', { text: 'one two' }, { accept: 'application/x-ndjson' }),
      'a stream that fails before its first item': post('/words', { text: 'fails' }),
      'a stream that fails later': post('/words', { text: 'one fails' }),
      bytes: post('/bytes', { text: 'plain' }),
      'bytes with a name': post('/bytes', { text: 'named' }),
      'bytes of a stream': post('/bytes', { text: 'stream' }),
      'a small file': form('small', 2),
      'a file on disk': form('large', 50_000),
      'a chat': chat('hi'),
      'a streamed chat': chat('hi', true),
      'a chat that fails': chat('broken'),
    };

    it.each(Object.keys(CALLS))('is what the call itself would have got: %s', async (name) => {
      const call = CALLS[name];
      const logid = `job-${adapter}-${name.replace(/\W/g, '-')}`;
      const [expected, accepted] = [await call({ logid }), await call({ logid, ...ASYNC })];
      expect([accepted.status, accepted.headers.get('preference-applied')]).toEqual([202, 'respond-async']);
      expect(accepted.headers.get('logid')).toBe(logid);
      const view = await whenOver(urlOf(accepted));
      const result = await fetch(`${urlOf(accepted)}/result`);
      expect(await shown(result)).toEqual(await shown(expected));
      expect(view).toMatchObject({ status: expected.status, logid });
    });

    it('of a request that is refused is told at once: it becomes no job', async () => {
      const refused = await service.post('/texts', { text: 7 }, { headers: ASYNC });
      expect([refused.status, await refused.json()]).toMatchObject([400, { error: 'invalid_request' }]);
      const malformed = await service.post('/texts', '{', { headers: ASYNC });
      expect([malformed.status, await malformed.json()]).toMatchObject([400, { error: 'invalid_json' }]);
    });

    it('is made without the credentials of the call, which must not lie about in a queue', async () => {
      const headers = { authorization: 'Bearer secret', cookie: 'a=secret' };
      expect(await (await fetch(`${service.url}/pages/1`, { headers })).json()).toMatchObject({ secrets: 'Bearer secret' });
      const accepted = await fetch(`${service.url}/pages/1`, { headers: { ...headers, ...ASYNC } });
      await whenOver(urlOf(accepted));
      expect(await (await fetch(`${urlOf(accepted)}/result`)).json()).toMatchObject({ secrets: null });
    });

    it('leaves nothing large in a job, and no copies beside it', async () => {
      const accepted = await service.post('/bytes', { text: 'plain' }, { headers: ASYNC });
      await whenOver(urlOf(accepted));
      expect(readdirSync(folder).every((name) => /^\d{13}-/.test(name))).toBe(true);
    });

    it('is 409 with Retry-After while there is none, and 404 for a job that is not known', async () => {
      const accepted = await handIn('wait for the result');
      const early = await fetch(`${urlOf(accepted)}/result`);
      expect([early.status, early.headers.get('retry-after'), await early.json()]).toMatchObject([409, '1', { error: 'job_not_finished' }]);
      await desk.open('wait for the result');
      await whenOver(urlOf(accepted));
      expect((await fetch(`${urlOf(accepted)}/result`)).status).toBe(200);
      for (const path of ['', '/result', '/events']) expect((await fetch(`${service.url}/jobs/unknown${path}`)).status).toBe(404);
    });
  });

  it('shows where a job stands', async () => {
    const accepted = await handIn('wait here', { 'x-job-priority': '7' });
    const url = urlOf(accepted);
    expect(await accepted.json()).toMatchObject({ id: url.split('/').pop(), route: 'POST /texts', priority: 7 });
    await until(() => desk.runs.has('wait here'));
    const view = await viewOf(url);
    expect(view).toMatchObject({ state: 'active', attempt: 1, tries: 2, progress: 0.5, links: { self: accepted.headers.get('location') } });
    expect(view.runMs).toBeGreaterThanOrEqual(0);
    await desk.open('wait here');
    const over = await whenOver(url);
    expect(over).toMatchObject({ state: 'succeeded', status: 200 });
    expect(Date.parse(over.finishedAt ?? '')).toBeGreaterThanOrEqual(Date.parse(over.createdAt));
  });

  it('tries again what another try may mend, under the same log id', async () => {
    const accepted = await handIn('once broken', { logid: `again-${adapter}` });
    expect(await whenOver(urlOf(accepted))).toMatchObject({ state: 'succeeded', attempt: 2 });
    const lines = service.log.of(`again-${adapter}`);
    for (const part of ['try 1 of 2', 'try 2 of 2', 'tier L3, error model_error'])
      expect(lines.some((line) => line.includes(part))).toBe(true);
  });

  it('does not try again what the client has done wrong', async () => {
    const accepted = await handIn('teapot');
    expect(await whenOver(urlOf(accepted))).toMatchObject({ state: 'failed', attempt: 1, status: 418 });
  });

  it('lets a dead job be tried again, but not one that has succeeded', async () => {
    const dead = urlOf(await handIn('model'));
    expect(await whenOver(dead)).toMatchObject({ state: 'dead', attempt: 2, status: 502 });
    const retried = await fetch(`${dead}/retry`, { method: 'POST' });
    expect([retried.status, retried.headers.get('location')]).toEqual([202, new URL(dead).pathname]);
    expect(await whenOver(dead)).toMatchObject({ state: 'dead', attempt: 2 });
    const done = urlOf(await handIn('fine'));
    await whenOver(done);
    expect((await fetch(`${done}/retry`, { method: 'POST' })).status).toBe(409);
  });

  it('calls a job off: its signal fires', async () => {
    const url = urlOf(await handIn('wait to be cancelled'));
    await until(() => desk.runs.has('wait to be cancelled'));
    const cancelled = await fetch(url, { method: 'DELETE' });
    expect([cancelled.status, await cancelled.json()]).toMatchObject([200, { state: 'cancelled' }]);
    await until(() => desk.aborted.includes('cancelled'));
    const result = await fetch(`${url}/result`);
    expect([result.status, await result.json()]).toMatchObject([410, { error: 'cancelled' }]);
    expect(await viewOf(url)).toMatchObject({ state: 'cancelled' });
  });

  describe('events', () => {
    it('come live, go on after the last one that was seen, and end', async () => {
      const accepted = await service.post('/words', { text: 'one wait two' }, { headers: ASYNC });
      const live = await fetch(`${urlOf(accepted)}/events`);
      expect(live.headers.get('content-type')).toBe('text/event-stream; charset=utf-8');
      await desk.open('words');
      const all = eventsOf(await live.text());
      expect(all.map(({ data }) => data)).toEqual([
        { state: 'waiting' },
        { state: 'active' },
        { item: { word: 'one' } },
        { item: { word: 'wait' } },
        { item: { word: 'two' } },
        { state: 'succeeded' },
      ]);
      const rest = await fetch(`${urlOf(accepted)}/events`, { headers: { 'last-event-id': all[3].id } });
      expect(eventsOf(await rest.text())).toEqual(all.slice(4));
      const none = await fetch(`${urlOf(accepted)}/events`, { headers: { 'last-event-id': all[5].id } });
      expect(none.status).toBe(204); // an EventSource does not come again
    });

    it('keep the connection alive while nothing happens', async () => {
      const beating = await start({ heartbeatMs: 20 });
      try {
        const accepted = await beating.post('/texts', { text: 'wait long' }, { headers: ASYNC });
        const { body } = await fetch(`${beating.url}${accepted.headers.get('location')}/events`);
        let text = '';
        for await (const chunk of body as unknown as AsyncIterable<Uint8Array>) {
          text += Buffer.from(chunk).toString();
          if ((text.match(/: still there/g) ?? []).length >= 4) break;
        }
        await desk.open('wait long');
      } finally {
        await beating.close();
        desk = service.app.get(JobDesk);
      }
    });
  });

  describe('Prefer: wait', () => {
    it('answers with the result that comes in time', async () => {
      const response = await service.post('/texts', { text: 'quick' }, { headers: { prefer: 'respond-async, wait=30' } });
      expect([response.status, await response.json()]).toEqual([200, { text: 'quick', length: 5 }]);
      expect(response.headers.get('preference-applied')).toBe('respond-async, wait=30');
      expect(await viewOf(urlOf(response))).toMatchObject({ state: 'succeeded' });
    });

    it('answers 202 when it does not', async () => {
      const response = await service.post('/texts', { text: 'wait and see' }, { headers: { prefer: 'wait=1' } });
      expect([response.status, response.headers.get('preference-applied')]).toEqual([202, 'wait=1']);
      await desk.open('wait and see');
      await whenOver(urlOf(response));
    });

    it('and others are ignored where they mean nothing', async () => {
      for (const prefer of ['wait=soon', 'return=minimal', 'handling=lenient', '']) {
        const response = await service.post('/texts', { text: 'plain' }, { headers: { prefer } });
        expect([response.status, response.headers.get('preference-applied')]).toEqual([200, null]);
      }
      expect((await service.post('/plain', { text: 'x' }, { headers: ASYNC })).status).toBe(200);
    });
  });

  describe('Idempotency-Key', () => {
    it('gives the same job for the same request, and refuses another one', async () => {
      const headers = { 'idempotency-key': `order-1-${adapter}` };
      const [first, second] = [await handIn('once', headers), await handIn('once', headers)];
      expect([first.status, second.status]).toEqual([202, 202]);
      expect(second.headers.get('location')).toBe(first.headers.get('location'));
      await whenOver(urlOf(first));
      expect(desk.runs.get('once')).toBe(1);
      const other = await handIn('twice', headers);
      expect([other.status, await other.json()]).toMatchObject([422, { error: 'idempotency_key_reused' }]);
      const elsewhere = await service.post('/words', { text: 'once' }, { headers: { ...ASYNC, ...headers } });
      expect([elsewhere.status, elsewhere.headers.get('location') === first.headers.get('location')]).toEqual([202, false]);
    });

    it('knows a form again, whatever its boundary', async () => {
      const send = (content: string): Promise<Response> => {
        const body = new FormData();
        body.set('text', 'x');
        body.set('file', new Blob([content], { type: 'text/csv' }), 'a.csv');
        return fetch(`${service.url}/files`, { method: 'POST', body, headers: { ...ASYNC, 'idempotency-key': `form-${adapter}` } });
      };
      const [first, second, other] = [await send('a,b'), await send('a,b'), await send('a,c')];
      expect(second.headers.get('location')).toBe(first.headers.get('location'));
      expect(other.status).toBe(422);
    });

    it('makes one job of many requests at once', async () => {
      const responses = await Promise.all(Array.from({ length: 8 }, () => handIn('at once', { 'idempotency-key': `many-${adapter}` })));
      expect(new Set(responses.map((response) => response.headers.get('location'))).size).toBe(1);
      await whenOver(urlOf(responses[0]));
      expect(desk.runs.get('at once')).toBe(1);
    });
  });

  it.each([
    ['idempotency-key', ' '.repeat(3) + 'a b'],
    ['x-job-priority', '101'],
    ['x-job-priority', 'high'],
    ['x-job-delay-ms', '-1'],
    ['x-job-webhook', 'https://example.com/'],
  ])('refuses a header that it can not keep to: %s: %s', async (name, value) => {
    const refused = await handIn('never', { [name]: value });
    expect([refused.status, await refused.json()]).toMatchObject([400, { data: { fields: [{ field: name }] } }]);
  });

  it('lets a job wait as long as it is asked to', async () => {
    const url = urlOf(await handIn('delayed', { 'x-job-delay-ms': '2000' }));
    expect(await viewOf(url)).toMatchObject({ state: 'delayed' });
    const over = await whenOver(url);
    expect(Date.parse(over.startedAt ?? '') - Date.parse(over.createdAt)).toBeGreaterThanOrEqual(1990);
  });

  it('stands in the API document: what may be asked for, and the routes of jobs', async () => {
    const document = completeApiDocument(service.app, SwaggerModule.createDocument(service.app, new DocumentBuilder().build()));
    const { parameters = [], responses } = document.paths['/texts'].post ?? { responses: {} };
    expect(parameters.map((parameter) => 'name' in parameter && parameter.name)).toContain('x-job-priority');
    expect(Object.keys(responses)).toEqual(expect.arrayContaining(['200', '202', '422']));
    expect(Object.keys(document.paths['/plain'].post?.responses ?? {})).not.toContain('202');
    for (const path of ['/jobs/{id}', '/jobs/{id}/result', '/jobs/{id}/events', '/jobs/{id}/retry'])
      expect(document.paths).toHaveProperty([path]);
  });

  it('tells its figures', async () => {
    await whenOver(urlOf(await handIn('counted')));
    const text = await (await fetch(`${service.url}/metrics`)).text();
    expect(text).toMatch(/^nestage_jobs_taken_total\{path="\/texts"\} [1-9]/m);
    expect(text).toMatch(/^nestage_jobs_total\{path="\/texts",state="succeeded"\} [1-9]/m);
    expect(text).toMatch(/^nestage_job_run_seconds_count\{path="\/texts"\} [1-9]/m);
    expect(text).toMatch(/^nestage_job_wait_seconds_count\{path="\/texts"\} [1-9]/m);
    expect(text).toMatch(/^nestage_jobs\{state="waiting"\} 0$/m);
    expect(text).toMatch(/^nestage_queue_backlog_seconds 0$/m);
    const stats = (await (await fetch(`${service.url}/stats`)).json()) as object;
    expect(stats).toMatchObject({ jobs: { waiting: 0, delayed: 0, active: 0, oldestMs: 0 } });
  });

  describe('keys', () => {
    const KEYS = { alice: 'alice-key-0123456789', bob: 'bob-key-0123456789ab', operator: 'operator-key-0123456' };
    let secured: TestService;
    beforeAll(async () => {
      const entry = (name: keyof typeof KEYS, scopes: readonly string[]) => ({ name, hash: hashApiKey(KEYS[name]), scopes });
      const keys = [entry('alice', ['/texts']), entry('bob', ['/texts']), entry('operator', ['management'])];
      secured = await start({}, { imports: [SecurityModule.forRoot({ keys })] });
    });
    afterAll(() => secured.close());

    it('see their own jobs only; operators see all', async () => {
      const as = (name: keyof typeof KEYS): Record<string, string> => ({ authorization: `Bearer ${KEYS[name]}` });
      const accepted = await secured.post('/texts', { text: 'mine' }, { headers: { ...ASYNC, ...as('alice'), 'idempotency-key': 'k' } });
      const url = `${secured.url}${accepted.headers.get('location')}`;
      const statusFor = async (name: keyof typeof KEYS, method = 'GET', path = ''): Promise<number> =>
        (await fetch(url + path, { method, headers: as(name) })).status;
      await until(() => secured.log.messages.some((line) => line.startsWith('Job finished')));
      expect([await statusFor('alice'), await statusFor('operator'), await statusFor('bob')]).toEqual([200, 200, 404]);
      for (const [method, path] of [
        ['GET', '/result'],
        ['GET', '/events'],
        ['DELETE', ''],
        ['POST', '/retry'],
      ])
        expect(await statusFor('bob', method, path)).toBe(404);
      expect((await fetch(url)).status).toBe(401);
      expect(await statusFor('alice', 'GET', '/result')).toBe(200);
      const same = await secured.post('/texts', { text: 'mine' }, { headers: { ...ASYNC, ...as('bob'), 'idempotency-key': 'k' } });
      expect(same.headers.get('location')).not.toBe(accepted.headers.get('location'));
    });
  });
});

async function shown(response: Response): Promise<unknown> {
  const names = ['content-type', 'content-disposition', 'retry-after', 'x-length', 'cache-control', 'x-accel-buffering'];
  const bytes = Buffer.from(await response.arrayBuffer()).toString('latin1');
  const body = bytes.replace(/"chatcmpl-\w+"/g, '"id"').replace(/"created":\d+/g, '"created":0'); // of each answer its own
  return { status: response.status, headers: names.map((name) => response.headers.get(name)), body };
}

function eventsOf(text: string): { id: string; type: string; data: unknown }[] {
  const blocks = text.split('\n\n').filter((block) => block.startsWith('id:'));
  return blocks.map((block) => {
    const [, id, type, data] = /^id: (.*)\nevent: (.*)\ndata: (.*)$/.exec(block) ?? [];
    return { id, type, data: JSON.parse(data) as unknown };
  });
}
