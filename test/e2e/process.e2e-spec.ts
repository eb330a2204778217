import { Agent, get as httpGet, type IncomingMessage, request as httpRequest } from 'node:http';
import { writeFileSync } from 'node:fs';
import { createServer, type AddressInfo, type Server } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { ServiceProcess } from '../support/service-process.js';
import { until } from '../support/until.js';
import type { ChildSettings } from './process-child.js';

const MAIN = join(import.meta.dirname, 'process-child.ts');

describe('a service that owns its process', () => {
  const children: ServiceProcess[] = [];

  afterEach(() => Promise.all(children.splice(0).map((child) => child.remove())));

  function start(settings: ChildSettings = {}, env: NodeJS.ProcessEnv = {}): ServiceProcess {
    const child = new ServiceProcess({ main: MAIN, args: [JSON.stringify(settings)], env });
    children.push(child);
    return child;
  }

  const post = (url: string, body: object, init: RequestInit = {}): Promise<Response> =>
    fetch(url, { method: 'POST', body: JSON.stringify(body), ...init, headers: { 'content-type': 'application/json', ...init.headers } });

  const messages = (lines: readonly string[]): string[] => lines.map((line) => line.replace(/^(?:\[[^\]]*\] ){7}/, ''));

  const lastLines = Array.from({ length: 2000 }, (_, number) => `last line ${number}`);

  it.each(['SIGTERM', 'SIGINT'] as const)('lets requests end at %s, disposes, writes every line and ends with code 0', async (signal) => {
    const child = start();
    const url = await child.ready();
    const file = join(child.folder, 'enough');
    const work = post(`${url}/work`, { file });
    await child.says(/work begins/);
    expect((await fetch(`${url}/health/ready`)).status).toBe(200);

    child.child.kill(signal);
    await child.says(/shutting down/);
    expect((await fetch(`${url}/health/ready`)).status).toBe(503);
    expect((await fetch(`${url}/health/live`)).status).toBe(200);

    writeFileSync(file, '');
    const answer = await work;
    expect([answer.status, await answer.json()]).toEqual([200, { isDone: true }]);
    expect(await child.exited).toEqual({ code: 0, signal: null });
    const log = messages(child.log());
    const end = log.slice(log.indexOf(`Got ${signal}, shutting down`)).filter((line) => !line.startsWith('Request'));
    expect(end).toEqual([
      `Got ${signal}, shutting down`,
      expect.stringMatching(/^Inference result: /),
      expect.stringMatching(/^Post processed: /),
      'handler is disposed',
      ...lastLines,
      'Web service stopped',
    ]);
    expect(child.log('.wf')).toEqual([]);
  });

  it('fires the signals of requests that outlast the grace, and still ends with code 0', async () => {
    const child = start({ root: { shutdownGraceMs: 300 } });
    const url = await child.ready();
    const work = post(`${url}/work`, { file: 'never there' });
    await child.says(/work begins/);
    const startedAt = performance.now();
    child.child.kill('SIGTERM');
    const answer = await work;
    expect(performance.now() - startedAt).toBeGreaterThan(250);
    expect([answer.status, await answer.json()]).toMatchObject([
      503,
      { error: 'shutting_down', message: 'Service temporarily unavailable' },
    ]);
    expect(await child.exited).toEqual({ code: 0, signal: null });
    expect(messages(child.log())).toEqual(expect.arrayContaining(['handler is disposed', 'Web service stopped']));
  });

  it.each(['express', 'fastify'] as const)('tells clients that keep their connections that it is gone (%s)', async (adapter) => {
    const child = start({ start: { adapter } });
    const url = await child.ready();
    const file = join(child.folder, 'enough');
    const agent = new Agent({ keepAlive: true });
    const headers = { 'content-type': 'application/json' };
    const work = new Promise<IncomingMessage>((resolve, reject) =>
      httpRequest(`${url}/work`, { agent, method: 'POST', headers }, resolve).once('error', reject).end(JSON.stringify({ file })),
    );
    await child.says(/work begins/);
    child.child.kill('SIGTERM');
    await child.says(/Got SIGTERM, shutting down/);
    writeFileSync(file, '');
    const answer = await work;
    expect([answer.statusCode, answer.headers.connection]).toEqual([200, 'close']);
    answer.resume();
    expect(await child.exited).toEqual({ code: 0, signal: null });
    agent.destroy();
  });

  it('ignores further signals while it shuts down', async () => {
    const child = start();
    const url = await child.ready();
    const file = join(child.folder, 'enough');
    const work = post(`${url}/work`, { file });
    await child.says(/work begins/);
    for (const signal of ['SIGTERM', 'SIGTERM', 'SIGINT'] as const) {
      child.child.kill(signal);
      await sleep(100);
    }
    writeFileSync(file, '');
    expect((await work).status).toBe(200);
    expect(await child.exited).toEqual({ code: 0, signal: null });
    expect(messages(child.log()).filter((line) => line.startsWith('Got '))).toEqual(['Got SIGTERM, shutting down']);
  });

  it('ends with code 0 when it is stopped while a model loads', async () => {
    const child = start({ model: 'never loads' });
    const [, url = ''] = await child.says(/Listening on (http:\S+)/);
    expect((await fetch(`${url}/health/ready`)).status).toBe(503);
    child.child.kill('SIGTERM');
    expect(await child.exited).toEqual({ code: 0, signal: null });
    expect(child.log('.wf')).toEqual([]);
  });

  it('closes the rest although something of the app fails to close', async () => {
    const child = start({ model: 'fails to close' });
    await child.ready();
    child.child.kill('SIGTERM');
    expect(await child.exited).toEqual({ code: 0, signal: null });
    expect(messages(child.log('.wf'))).toEqual([expect.stringContaining('the device is busy')]);
    expect(messages(child.log())).toEqual(expect.arrayContaining(['handler is disposed', 'Web service stopped']));
  });

  it('ends with code 1 when something of the app never closes', async () => {
    const child = start({ model: 'never closes', root: { shutdownGraceMs: 100 } });
    await child.ready();
    child.child.kill('SIGTERM');
    expect(await child.exited).toEqual({ code: 1, signal: null });
    expect(messages(child.log('.wf'))).toEqual(['Shutdown took longer than 10100 ms: ending the process']);
  });

  it('is not held by connections that are kept alive', async () => {
    const child = start({ root: { shutdownGraceMs: 3_600_000 } });
    const url = await child.ready();
    const agent = new Agent({ keepAlive: true });
    const reply = await new Promise<IncomingMessage>((resolve, reject) =>
      httpGet(`${url}/health/live`, { agent }, resolve).once('error', reject),
    );
    for await (const _ of reply); // the connection is idle from here on
    child.child.kill('SIGTERM');
    const end = await child.exited;
    agent.destroy();
    expect(end).toEqual({ code: 0, signal: null });
  });

  it('flushes the log and ends with code 1 when initialize fails', async () => {
    const child = start({ model: 'fails' });
    expect(await child.exited).toEqual({ code: 1, signal: null });
    const faults = messages(child.log('.wf'));
    expect(faults[0]).toBe('Failed to initialize config: weights.bin has 0 bytes');
    expect(faults[1]).toMatch(/^Error details: \{"error_type":"Error","error_message":"weights\.bin has 0 bytes"/);
    expect(faults.slice(2)).toEqual(['Web service can not start: weights.bin has 0 bytes']);
    expect(child.log('.wf').at(-1)).toContain('[level:FATAL]');
    expect(messages(child.log()).at(-1)).toBe('Web service stopped');
  });

  it("keeps serving the others when initialize fails and onInitializeError is 'degrade'", async () => {
    const child = start({ model: 'fails', root: { onInitializeError: 'degrade' } });
    const url = await child.ready();
    expect((await post(`${url}/work`, {})).status).toBe(503);
    expect((await post(`${url}/fault`, { kind: 'none' })).status).toBe(200);
    child.child.kill('SIGTERM');
    expect(await child.exited).toEqual({ code: 0, signal: null });
  });

  it('says in one FATAL line that its port is in use, and ends with code 1', async () => {
    const other = await listen();
    const { port } = other.address() as AddressInfo;
    const child = start({}, { PORT: String(port) });
    const end = await child.exited;
    other.close();
    expect(end).toEqual({ code: 1, signal: null });
    const fatal = child.log('.wf').filter((line) => line.includes('[level:FATAL]'));
    expect(messages(fatal)).toEqual([
      `Web service can not start: port ${port} of 127.0.0.1 is in use: set another by PORT or startWebService(AppModule, { port }). See docs/02-lifecycle.md`,
    ]);
  });

  it.each([
    [{ start: { port: 70_000 } }, {}, '"port" must be an integer from 0 to 65535, got 70000 (set it in startWebService()).'],
    [
      { start: { adapter: 'koa' } },
      {},
      '"adapter" must be one of "express", "fastify" or an object, got "koa" (set it in startWebService()).',
    ],
    [{ root: { shutdownGraceMs: -1 } }, {}, '"shutdownGraceMs" must be an integer >= 0, got -1 (set it in WebServiceModule.forRoot()).'],
    [
      { root: { defaults: { maxBodyBytes: 0 } } },
      {},
      '"defaults.maxBodyBytes" must be an integer >= 1, got 0 (set it in WebServiceModule.forRoot()).',
    ],
    [{}, { PORT: 'eighty' }, '"PORT" must be an integer from 0 to 65535, got "eighty" (set it in the environment).'],
    [{}, { PORT: '8000.5' }, '"PORT" must be an integer from 0 to 65535, got "8000.5" (set it in the environment).'],
  ])('ends with code 1 and the sentence for %j %j', async (settings, env, sentence) => {
    const child = start(settings as ChildSettings, env);
    expect(await child.exited).toEqual({ code: 1, signal: null });
    expect(child.output).toContain(sentence);
  });

  it.each([
    ['uncaught', /^Uncaught exception: TypeError: nobody catches this\\n\s+at .*throwUncaught.*process-child/],
    ['rejection', /^Unhandled rejection: RangeError: nobody awaits this\\n\s+at .*process-child/],
    ['text', /^Unhandled rejection: just a text$/],
  ])('writes what nobody caught as FATAL with its stack and ends with code 1 (%s)', async (kind, line) => {
    const child = start();
    const url = await child.ready();
    await post(`${url}/fault`, { kind }).catch(() => undefined); // the answer may not make it
    expect(await child.exited).toEqual({ code: 1, signal: null });
    expect(child.log('.wf')).toHaveLength(1);
    expect(child.log('.wf')[0]).toContain('[level:FATAL]');
    expect(messages(child.log('.wf'))[0]).toMatch(line);
  });

  it.each(['express', 'fastify'] as const)('tells in one line where things are, and they are there (%s)', async (adapter) => {
    const settings = { start: { adapter }, hasDashboard: true, prefix: { path: 'api', exclude: 'metrics' } };
    const [plain, prefixed] = [start({ ...settings, prefix: undefined }), start(settings)];
    const [url, prefixedUrl] = [await plain.ready(), await prefixed.ready()];
    const lineOf = (child: ServiceProcess): string[] => messages(child.log()).filter((line) => line.startsWith('Listening on '));
    await until(() => lineOf(plain).length + lineOf(prefixed).length > 1);
    expect(lineOf(plain)).toEqual([
      `Listening on ${url} with API docs at /docs, health at /health, metrics at /metrics, status page at /dashboard`,
    ]);
    expect(lineOf(prefixed)).toEqual([
      `Listening on ${prefixedUrl} with API docs at /docs, health at /api/health, metrics at /metrics, status page at /api/dashboard`,
    ]);
    for (const [base, line] of [
      [url, lineOf(plain)[0]],
      [prefixedUrl, lineOf(prefixed)[0]],
    ]) {
      for (const [, path] of line.matchAll(/ at (\/\S+?)(?:,|$)/g)) expect([path, (await fetch(base + path)).status]).toEqual([path, 200]);
    }
  });

  it('tells of what is served only, and of the listener that operators have', async () => {
    const root = { management: { port: 0 }, metrics: false } as const;
    const child = start({ start: { docs: false }, root });
    const url = await child.ready();
    const [, management = ''] = await child.says(/ and, for operators, on (http:\S+) with health at \/health$/m);
    expect(child.output).toContain(`Listening on ${url} and, for operators, on ${management} with health at /health\n`);
    expect((await fetch(`${management}/health`)).status).toBe(200);
  });

  it('says whose port is in use when it is that of operators', async () => {
    const other = await listen();
    const { port } = other.address() as AddressInfo;
    const child = start({}, { MANAGEMENT_PORT: String(port) });
    const end = await child.exited;
    other.close();
    expect(end).toEqual({ code: 1, signal: null });
    expect(messages(child.log('.wf'))).toEqual([
      `Web service can not start: port ${port} of 127.0.0.1 is in use: set another by MANAGEMENT_PORT or management.port of ` +
        'WebServiceModule.forRoot(). See docs/06-health.md',
    ]);
  });

  it('honours HOST, PORT and LOG_FILE', async () => {
    const probe = await listen('127.0.0.2');
    const { port } = probe.address() as AddressInfo;
    await new Promise((resolve) => probe.close(resolve));
    const child = start({}, { HOST: '127.0.0.2', PORT: String(port) });
    expect(await child.ready()).toBe(`http://127.0.0.2:${port}`);
    expect((await fetch(`http://127.0.0.2:${port}/health/ready`)).status).toBe(200);
    await expect(fetch(`http://127.0.0.1:${port}/health/ready`)).rejects.toThrow('fetch failed');
    child.child.kill('SIGTERM');
    await child.exited;
    expect(messages(child.log())[0]).toBe('Starting web service');
  });

  it('prefers options to the environment', async () => {
    const child = start({ start: { port: 0, host: '127.0.0.1' } }, { HOST: '192.0.2.1', PORT: '1' });
    expect(await child.ready()).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/);
  });

  it.each(['express', 'fastify'] as const)('serves the API document on loopback only (%s)', async (adapter) => {
    const local = start({ start: { adapter } });
    const open = start({ start: { adapter } }, { HOST: '0.0.0.0' });
    const [localUrl, openUrl] = [await local.ready(), (await open.ready()).replace('0.0.0.0', '127.0.0.1')];
    const page = await fetch(`${localUrl}/docs`);
    expect([page.status, await page.text()]).toEqual([200, expect.not.stringMatching(/(?:src|href)="https?:/)]);
    const document = (await (await fetch(`${localUrl}/docs-json`)).json()) as { info: object; paths: object };
    expect(document.info).toMatchObject({ title: 'nestage' });
    expect(Object.keys(document.paths)).toEqual(expect.arrayContaining(['/work', '/fault']));
    for (const path of ['/docs', '/docs-json']) {
      const reply = await fetch(openUrl + path);
      expect([reply.status, await reply.json()]).toMatchObject([404, { code: 404, error: 'not_found' }]);
    }
  });

  it.each(['express', 'fastify'] as const)('answers a URL that can not be decoded with 400 and its log id (%s)', async (adapter) => {
    const url = await start({ start: { adapter } }).ready();
    const reply = await fetch(`${url}/wrong/%zz`, { headers: { logid: 'asked-for' } });
    expect(reply.status).toBe(400);
    expect(reply.headers.get('logid')).toBe('asked-for');
    expect(await reply.json()).toEqual({
      code: 400,
      error: 'bad_url',
      message: 'The URL holds a broken percent-encoding',
      data: null,
      logid: 'asked-for',
    });
  });

  it('leaves nothing behind that keeps the process of an ordinary Nest app alive', async () => {
    const child = start({ isPlain: true });
    await child.says(/answered 200 \{"isDone":true\}\n/);
    await child.says(/^closed$/m);
    const closedAt = performance.now();
    expect(await child.exited).toEqual({ code: 0, signal: null });
    expect(performance.now() - closedAt).toBeLessThan(30_000); // a timer that is left behind would be of minutes
    expect(messages(child.log()).slice(-1)).toEqual(['Web service stopped']);
  });
});

function listen(host = '127.0.0.1'): Promise<Server> {
  const server = createServer();
  return new Promise((resolve) => server.listen(0, host, () => resolve(server)));
}
