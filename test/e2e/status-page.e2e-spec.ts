import { Module, type Type, VERSION_NEUTRAL, type VersioningOptions, VersioningType } from '@nestjs/common';
import { RouterModule } from '@nestjs/core';
import { ModelError, StageHandler } from 'nestage';
import { DashboardModule, type DashboardOptions } from 'nestage/dashboard';
import { JobsModule } from 'nestage/jobs';
import { hashApiKey, SecurityModule } from 'nestage/security';
import { IsIn, IsOptional, IsString } from 'class-validator';
import { send } from '../support/raw-http.js';
import { ADAPTERS, startTestService, type TestService } from '../support/test-service.js';

class GreetingRequest {
  @IsString()
  name: string;

  @IsOptional()
  @IsIn(['en', 'fr'])
  language?: string;
}

@StageHandler('/v1/greetings', { request: GreetingRequest })
class GreetingHandler {
  run({ name }: GreetingRequest) {
    return { text: `Hello, ${name}` };
  }
}

@StageHandler('/v1/broken', { request: false, breaker: { errorThreshold: 1 } })
class BrokenHandler {
  run(): never {
    throw new ModelError('gone');
  }
}

const HANDLERS = [GreetingHandler, BrokenHandler];
const KEY = 'a-key-of-operators-that-is-long-enough';

interface CatalogueRoute {
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly parameters: readonly { readonly name: string }[];
}

interface Figures {
  readonly at: string;
  readonly stats: { readonly routes: readonly { readonly path: string; readonly breaker: string | null }[] };
  readonly health: { readonly status: string };
}

/** The first sets of figures of a stream, which is then left. */
async function someFigures(url: string, count: number, headers: Record<string, string> = {}): Promise<Figures[]> {
  const reply = await fetch(url, { headers });
  expect([reply.status, reply.headers.get('content-type')]).toEqual([200, 'text/event-stream; charset=utf-8']);
  const reader = (reply.body as ReadableStream<Uint8Array>).getReader();
  try {
    for (let text = ''; ;) {
      const { value, done } = await reader.read();
      if (done) throw new Error(`too few figures in ${text}`);
      text += Buffer.from(value).toString();
      const sets = [...text.matchAll(/^data: (.*)\n\n/gm)];
      if (sets.length >= count) return sets.slice(0, count).map(([, data]) => JSON.parse(data) as Figures);
    }
  } finally {
    await reader.cancel();
  }
}

const firstFigures = async (url: string, headers?: Record<string, string>): Promise<Figures> => (await someFigures(url, 1, headers))[0];

describe.each(ADAPTERS)('the status page on %s', (adapter) => {
  let service: TestService | undefined;

  const start = async (options?: DashboardOptions, more: Partial<Parameters<typeof startTestService>[0]> = {}): Promise<TestService> => {
    const { imports = [], ...rest } = more;
    service = await startTestService({ adapter, providers: HANDLERS, imports: [DashboardModule.forRoot(options), ...imports], ...rest });
    return service;
  };
  afterEach(async () => service?.close());

  it('is a page whose files are its own, under a policy that allows nothing else', async () => {
    const { url } = await start();
    const page = await fetch(`${url}/dashboard`);
    const html = await page.text();
    expect([page.status, page.headers.get('content-type')]).toEqual([200, 'text/html; charset=utf-8']);
    expect(page.headers.get('content-security-policy')).toContain("default-src 'none'; script-src 'self'; style-src 'self'");
    expect(html).not.toMatch(/<style|style=|<script(?![^>]*\bsrc=)| on\w+=|https?:/);
    const files = [...html.matchAll(/(?:href|src)="(\/dashboard\/files\/[^"]+)"/g)].map(([, path]) => path);
    expect(files.length).toBeGreaterThan(4);
    for (const file of files) {
      const reply = await fetch(url + file);
      expect([file, reply.status, (await reply.text()).length > 100]).toEqual([file, 200, true]);
    }
    expect((await fetch(`${url}/dashboard/files/uPlot.js`)).headers.get('content-type')).toBe('text/javascript; charset=utf-8');
    for (const name of ['none.js', '..%2f..%2fpackage.json', 'package.json']) {
      expect((await fetch(`${url}/dashboard/files/${name}`)).status).toBe(404);
    }
  });

  it('stands where it is told, below the prefix of the app', async () => {
    const { url } = await start({ route: { path: '/ops/' } }, { configure: (app) => void app.setGlobalPrefix('api') });
    const html = await (await fetch(`${url}/api/ops`)).text();
    expect(html).toContain('src="/api/ops/files/main.js"');
    const { routes } = (await (await fetch(`${url}/api/ops/catalogue`)).json()) as { routes: { path: string }[] };
    expect(routes.map(({ path }) => path)).toEqual(['/api/v1/greetings', '/api/v1/broken']);
  });

  it('knows each address of a route: module path, versions, wildcards, parameters that nobody declares', async () => {
    const greeting = (path: string, version?: string[]): Type => {
      @StageHandler(path, { method: 'GET', request: false, ...(version && { version }) })
      class PlainHandler {
        run(): object {
          return {};
        }
      }
      return PlainHandler;
    };
    @Module({ providers: [greeting('/a/:b/*rest'), greeting('/both', ['1', '2'])] })
    class OpsModule {}
    const imports = [OpsModule, RouterModule.register([{ path: 'ops', module: OpsModule }])];
    const addresses = async (versioning: VersioningOptions): Promise<unknown[]> => {
      await service?.close();
      const { url } = await start({}, { imports, providers: [], configure: (app) => void app.enableVersioning(versioning) });
      const { routes } = (await (await fetch(`${url}/dashboard/catalogue`)).json()) as { routes: CatalogueRoute[] };
      return routes.map(({ path, headers, parameters }) => [path, headers, parameters.map(({ name }) => name)]);
    };
    expect(await addresses({ type: VersioningType.URI })).toEqual([
      ['/ops/a/:b/*rest', {}, ['b', 'rest']],
      ['/v1/ops/both', {}, []],
      ['/v2/ops/both', {}, []],
    ]);
    expect(await addresses({ type: VersioningType.HEADER, header: 'x-version', defaultVersion: '7' })).toEqual([
      ['/ops/a/:b/*rest', { 'x-version': '7' }, ['b', 'rest']],
      ['/ops/both', { 'x-version': '1' }, []],
      ['/ops/both', { 'x-version': '2' }, []],
    ]);
    expect(await addresses({ type: VersioningType.HEADER, header: 'x-version', defaultVersion: VERSION_NEUTRAL })).toContainEqual([
      '/ops/a/:b/*rest',
      {},
      ['b', 'rest'],
    ]);
  });

  it('is not there when told so', async () => {
    const { url } = await start({ route: false });
    expect((await fetch(`${url}/dashboard`)).status).toBe(404);
  });

  it('streams what /stats and /health tell', async () => {
    const { url, post } = await start();
    await post('/v1/greetings', { name: 'Ada' });
    await post('/v1/greetings', { name: 3 });
    const figures = await firstFigures(`${url}/dashboard/figures`);
    const stats = (await (await fetch(`${url}/stats`)).json()) as Figures['stats'];
    const still = ({ routes, recentErrors, performance }: Record<string, unknown>): unknown => ({ routes, recentErrors, performance });
    expect(still(figures.stats as never)).toEqual(still(stats as never));
    expect(figures.stats).toMatchObject({
      routes: [
        { name: 'GreetingHandler', state: 'ready', concurrency: 64, queue: 256, breaker: null, errors: { L1: 1, L2: 0, L3: 0, L4: 0 } },
        { name: 'BrokenHandler', breaker: 'closed' },
      ],
      recentErrors: [{ tier: 'L1', code: 'invalid_request', handler: 'GreetingHandler', logId: expect.any(String) }],
    });
    expect(figures.health).toMatchObject({ status: 'healthy', stages: { GreetingHandler: 'ready' } });
  });

  it('gathers figures for all open pages together', async () => {
    const intervalMs = 400;
    const { url } = await start({ intervalMs });
    const startedAt = performance.now();
    const pages = await Promise.all(Array.from({ length: 50 }, () => someFigures(`${url}/dashboard/figures`, 3)));
    const moments = new Set(pages.flat().map(({ at }) => at));
    expect(pages.flat()).toHaveLength(150);
    expect(moments.size).toBeLessThanOrEqual(1 + (performance.now() - startedAt) / (intervalMs / 2)); // however long it has taken
  });

  it('tells one set of figures to whom no stream reaches', async () => {
    const { url } = await start();
    const ask = (headers: Record<string, string> = {}): Promise<Response> =>
      fetch(`${url}/dashboard/figures`, { headers: { accept: 'application/json', ...headers } });
    const reply = await ask();
    expect([reply.status, reply.headers.get('content-type'), reply.headers.get('cache-control')]).toEqual([
      200,
      'application/json; charset=utf-8',
      'no-store',
    ]);
    const { stats, health } = (await reply.json()) as Figures;
    expect([stats.routes.map(({ path }) => path), health.status]).toEqual([['/v1/greetings', '/v1/broken'], 'healthy']);
    expect((await ask({ 'x-forwarded-for': '10.0.0.9' })).status).toBe(404);
  });

  it('shows the jobs that wait, where the room of jobs is in', async () => {
    const { url } = await start(undefined, { imports: [JobsModule.forRoot()] });
    const { stats } = await firstFigures(`${url}/dashboard/figures`);
    expect(stats).toMatchObject({ jobs: { waiting: 0, delayed: 0, active: 0, oldestMs: 0 } });
    await service?.close();
    const plain = await start();
    expect((await firstFigures(`${plain.url}/dashboard/figures`)).stats).not.toHaveProperty('jobs');
  });

  it('offers each route with the schema of its body', async () => {
    const { url } = await start();
    const catalogue = (await (await fetch(`${url}/dashboard/catalogue`)).json()) as object;
    expect(catalogue).toMatchObject({
      records: '/requests',
      isKeyed: false,
      isApart: false,
      routes: [
        {
          name: 'GreetingHandler',
          method: 'POST',
          body: 'json',
          protocol: 'json',
          schema: { required: ['name'], properties: { name: { type: 'string' }, language: { enum: ['en', 'fr'] } } },
        },
        { name: 'BrokenHandler', schema: {} },
      ],
    });
  });

  it('closes a breaker for operators of its own origin, and notes who did', async () => {
    const { url, post, log } = await start();
    await post('/v1/broken', {});
    const breaker = async (): Promise<string | null> => (await firstFigures(`${url}/dashboard/figures`)).stats.routes[1].breaker;
    const reset = (headers: Record<string, string>, query = '?path=/v1/broken') =>
      fetch(`${url}/dashboard/breakers/reset${query}`, { method: 'POST', headers });
    expect(await breaker()).toBe('open');
    const foreign: Record<string, string>[] = [
      { 'sec-fetch-site': 'cross-site' },
      { 'sec-fetch-site': 'same-site' },
      { origin: 'http://evil.example' },
      { origin: 'null' },
    ];
    for (const headers of foreign) {
      const refused = await reset(headers);
      expect(refused.status).toBe(403);
      expect(log.records.filter(({ logId }) => logId === refused.headers.get('logid'))).toContainEqual(
        expect.objectContaining({
          level: 'WARNING',
          message: expect.stringMatching(/^Access refused: foreign origin, POST \/dashboard\/breakers\/reset, from .*127\.0\.0\.1$/),
        }),
      );
    }
    expect((await reset({}, '?path=/v1/greetings')).status).toBe(404);
    expect((await reset({}, '')).status).toBe(404);
    expect(await breaker()).toBe('open');
    const reply = await reset({ origin: url });
    expect([reply.status, await reply.json()]).toEqual([200, { path: '/v1/broken', breaker: 'closed' }]);
    expect(log.records.filter(({ message }) => message.startsWith('Breaker of /v1/broken was reset by an operator'))).toHaveLength(1);
  });

  it('closes none where that is switched off', async () => {
    const { url } = await start({ breakerReset: false });
    expect((await fetch(`${url}/dashboard/breakers/reset?path=/v1/broken`, { method: 'POST' })).status).toBe(403);
  });

  it('is for operators alone: who signs in with a key may look, and needs the key itself to change anything', async () => {
    const keys = [
      { name: 'ops', hash: hashApiKey(KEY), scopes: ['management'] },
      { name: 'user', hash: hashApiKey('user'), scopes: ['/v1/**'] },
    ];
    const { url, log } = await start(undefined, { imports: [SecurityModule.forRoot({ keys })] });
    const basic = { authorization: `Basic ${Buffer.from(`any:${KEY}`).toString('base64')}`, 'sec-fetch-site': 'same-origin' };
    for (const path of ['', '/files/main.js', '/catalogue', '/figures']) {
      expect((await fetch(`${url}/dashboard${path}`)).status).toBe(401);
      expect((await fetch(`${url}/dashboard${path}`, { headers: { 'x-api-key': 'user' } })).status).toBe(403);
    }
    expect((await fetch(`${url}/dashboard`, { headers: basic })).status).toBe(200);
    expect((await firstFigures(`${url}/dashboard/figures`, basic)).health.status).toBe('healthy');
    const reset = (headers: Record<string, string>) =>
      fetch(`${url}/dashboard/breakers/reset?path=/v1/broken`, { method: 'POST', headers });
    expect((await reset(basic)).status).toBe(401);
    expect((await reset({ 'x-api-key': KEY })).status).toBe(200);
    expect(log.records.some(({ message }) => message.includes('was reset by ops, from 127.0.0.1'))).toBe(true);
  });

  it('is hidden from those whom a proxy has forwarded', async () => {
    const { url } = await start();
    for (const path of ['', '/figures', '/catalogue', '/files/main.js']) {
      expect((await fetch(`${url}/dashboard${path}`, { headers: { 'x-forwarded-for': '10.0.0.1' } })).status).toBe(404);
    }
  });

  it('is hidden from pages that lead a browser here by a name of their own', async () => {
    const { url } = await start();
    const { port } = new URL(url);
    const status = async (path: string, host: string, method = 'GET'): Promise<number> =>
      (await send(url, { method, path, headers: { host } })).status;
    const names = ['evil.example', `evil.example:${port}`, '127.0.0.1.evil.example', 'localhost.evil.example', 'evil.example.'];
    for (const name of names) {
      for (const path of ['/dashboard', '/dashboard/catalogue', '/dashboard/figures', '/stats', '/metrics', '/requests/x']) {
        expect([name, path, await status(path, name)]).toEqual([name, path, 404]);
      }
      expect(await status('/dashboard/breakers/reset?path=/v1/broken', name, 'POST')).toBe(404);
      expect((await send(url, { method: 'GET', path: '/health', headers: { host: name } })).json).not.toHaveProperty('stages');
    }
    for (const name of [`127.0.0.1:${port}`, `localhost:${port}`, `[::1]:${port}`, 'app.localhost', 'workstation', '10.0.0.7:80']) {
      expect([name, await status('/stats', name)]).toEqual([name, 200]);
    }
  });

  it('moves to the second listener with the other routes of operators', async () => {
    const { url, app } = await start(undefined, { options: { management: { port: 0 } } });
    expect((await fetch(`${url}/dashboard`)).status).toBe(404);
    const { ManagementListener } = await import('../../libs/nestage/src/http/builtin/management-listener.js');
    const port = app.get(ManagementListener, { strict: false }).address?.port;
    expect((await fetch(`http://127.0.0.1:${port}/dashboard`)).status).toBe(200);
    const catalogue = (await (await fetch(`http://127.0.0.1:${port}/dashboard/catalogue`)).json()) as { isApart: boolean };
    expect(catalogue.isApart).toBe(true);
  });

  it('does not hold the shutdown', async () => {
    const { url, app } = await start({ intervalMs: 60_000 }, { options: { shutdownGraceMs: 600_000 } });
    const reply = await fetch(`${url}/dashboard/figures`);
    const read = (async () => {
      for await (const chunk of reply.body as unknown as AsyncIterable<Uint8Array>) void chunk;
    })().catch(() => undefined);
    await app.close();
    service = undefined;
    await read;
  });
});

it('bad options are told with their place', () => {
  for (const route of [{ path: 'x' }, { path: '/' }, { path: '/a?b' }, true]) {
    expect(() => DashboardModule.forRoot({ route } as unknown as DashboardOptions)).toThrow('(set it in DashboardModule.forRoot())');
  }
  expect(() => DashboardModule.forRoot({ intervalMs: 5 })).toThrow('"intervalMs" must be an integer from 100 to 60000, got 5');
});
