import { mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Controller, Get, type INestApplication, Injectable, Module, Post } from '@nestjs/common';
import type { HttpAdapterHost } from '@nestjs/core';
import fc from 'fast-check';
import { seconds, StageContext, StageHandler, type WebServiceOptions } from 'nestage';
import { chatCompletions, ModelsHandler } from 'nestage/openai';
import { type ApiKeyEntry, hashApiKey, principalOf, SecurityModule, type SecurityOptions } from 'nestage/security';
import { FakeClock } from 'nestage/testing';
import OpenAI, { AuthenticationError, PermissionDeniedError, RateLimitError } from 'openai';
import { ManagementListener } from '../../libs/nestage/src/http/builtin/management-listener.js';
import { GateChecks } from '../../libs/nestage/src/http/gate/gate-checks.js';
import { SERVICE_ENVIRONMENT } from '../../libs/nestage/src/core/options/service-environment.js';
import { SECURITY_CLOCK } from '../../libs/nestage/src/security/security.module.js';
import { type RawReply, send } from '../support/raw-http.js';
import { ADAPTERS, type AdapterName, startTestService, type TestService, type TestServiceOptions } from '../support/test-service.js';
import { until } from '../support/until.js';

const JSON_TYPE = { 'content-type': 'application/json' };
const ANN = 'ann-5c3a8f20d1e94b7698aa';
const BOB = 'bob-0f6e4d1b2a7c48859d3e';
const OPS = 'ops-91b2c3d4e5f647a8b9c0';
const OLD = 'old-77aa66bb55cc44dd33ee';

const KEYS: readonly ApiKeyEntry[] = [
  { name: 'ann', hash: hashApiKey(ANN) },
  { name: 'bob', hash: hashApiKey(BOB), scopes: ['/v1/chat/**'] },
  { name: 'ops', hash: hashApiKey(OPS), scopes: ['management'] },
];

@StageHandler('/v1/who', { request: false })
class WhoHandler {
  static runs = 0;

  run(_input: unknown, context: StageContext) {
    WhoHandler.runs++;
    return { who: principalOf(context)?.name ?? 'anybody' };
  }
}

@StageHandler('/v1/time', { method: 'GET', request: false })
class TimeHandler {
  static runs = 0;

  run() {
    TimeHandler.runs++;
    return { time: 'now' };
  }
}

@StageHandler('/v1/chat/completions', { protocol: chatCompletions({ models: ['parrot'] }) })
class ParrotHandler {
  run() {
    return 'hello';
  }
}

@Controller('orders')
class OrdersController {
  @Get()
  list() {
    return [];
  }

  @Post()
  add() {
    return {};
  }
}

type Init = Partial<TestServiceOptions> & {
  readonly adapter: AdapterName;
  readonly security?: SecurityOptions;
  readonly clock?: FakeClock;
};

function startSecured({ adapter, security = { keys: KEYS }, clock, imports = [], ...rest }: Init): Promise<TestService> {
  return startTestService({
    adapter,
    providers: [WhoHandler, TimeHandler, ParrotHandler, ModelsHandler],
    controllers: [OrdersController],
    imports: [SecurityModule.forRoot(security), ...imports],
    ...rest,
    override: (builder) => {
      const chosen = clock ? builder.overrideProvider(SECURITY_CLOCK).useValue(clock) : builder;
      return rest.override?.(chosen) ?? chosen;
    },
  });
}

const bearer = (key: string) => ({ authorization: `Bearer ${key}` });

describe.each(ADAPTERS)('keys on %s', (adapter) => {
  let service: TestService;
  const ask = (path: string, headers: Record<string, string> = {}, method = 'GET'): Promise<RawReply> => {
    const isPost = method === 'POST';
    return send(service.url, { path, method, headers: { ...(isPost ? JSON_TYPE : {}), ...headers }, body: isPost ? '{}' : undefined });
  };
  const who = (headers: Record<string, string> = {}) => ask('/v1/who', headers, 'POST');

  beforeAll(async () => {
    service = await startSecured({ adapter, options: { service: 'guarded' } });
  });
  afterAll(() => service.close());

  it('let in who has one, and tell stages whose it is', async () => {
    expect((await who(bearer(ANN))).json).toEqual({ who: 'ann' });
    expect((await who({ 'x-api-key': ANN })).json).toEqual({ who: 'ann' });
    expect((await who({ authorization: `bearer ${ANN}`, 'x-api-key': 'other' })).json).toEqual({ who: 'ann' });
  });

  it.each([
    ['no key', {}, 'Bearer realm="guarded"', 'An API key is required, as a Bearer token or in x-api-key'],
    ['an unknown key', bearer('nobody'), 'Bearer realm="guarded", error="invalid_token"', 'The API key is not known'],
    [
      'another scheme',
      { authorization: `Basic ${ANN}` },
      'Bearer realm="guarded"',
      'An API key is required, as a Bearer token or in x-api-key',
    ],
    ['the hash of a key', bearer(hashApiKey(ANN)), 'Bearer realm="guarded", error="invalid_token"', 'The API key is not known'],
  ])('refuse %s with 401 and a challenge', async (_what, headers, challenge, message) => {
    const reply = await who(headers);
    expect(reply).toMatchObject({ status: 401, json: { code: 401, error: 'unauthorized', message, data: null } });
    expect(reply.headers['www-authenticate']).toBe(challenge);
    expect(reply.json.logid).toBe(reply.headers.logid);
  });

  it('refuse a path outside of its scopes with 403', async () => {
    const reply = await who(bearer(BOB));
    expect(reply).toMatchObject({ status: 403, json: { error: 'forbidden', message: 'The API key does not open this path' } });
    expect((await who(bearer(OPS))).status).toBe(403);
  });

  it('refuse before the body is read, validated or worked with', async () => {
    const runs = WhoHandler.runs;
    const reply = await send(service.url, { path: '/v1/who', headers: JSON_TYPE, body: '{"broken' });
    expect(reply.status).toBe(401);
    const isSent = await send(service.url, { path: '/v1/who', headers: { ...JSON_TYPE, 'content-length': '900000000' }, body: '{}' });
    expect(isSent.status).toBe(401);
    expect(WhoHandler.runs).toBe(runs);
  });

  it('leave a line for each refusal: who, where, from where, and never the key', async () => {
    const [missing, unknown, scope] = [await who(), await who(bearer('secret-guess-123456')), await who(bearer(BOB))];
    const audit = ({ headers }: RawReply) =>
      service.log.records.filter(({ logId, message }) => logId === headers.logid && message.startsWith('Access refused'));
    expect(audit(missing)).toEqual([
      { level: 'WARNING', logId: missing.headers.logid, message: 'Access refused: no key, name unknown, POST /v1/who, from 127.0.0.1' },
    ]);
    expect(audit(unknown)[0].message).toBe('Access refused: unknown key, name unknown, POST /v1/who, from 127.0.0.1');
    expect(audit(scope)[0].message).toBe('Access refused: wrong scope, name bob, POST /v1/who, from 127.0.0.1');
    for (const text of [ANN, BOB, OPS, 'secret-guess']) expect(service.log.messages.join('\n')).not.toContain(text);
  });

  it('are never asked for by liveness and readiness, whatever comes along', async () => {
    for (const path of ['/health/live', '/health/ready']) {
      expect((await ask(path)).status).toBe(200);
      expect((await ask(path, bearer('wrong'))).status).toBe(200);
    }
  });

  it('decide who sees the details of /health', async () => {
    for (const headers of [{}, bearer('wrong'), bearer(ANN), bearer(BOB)]) {
      const { status, json } = await ask('/health', headers);
      expect([status, json.status, json.checks]).toEqual([200, 'healthy', undefined]);
    }
    expect((await ask('/health', bearer(OPS))).json.checks).toBeDefined();
  });

  it.each(['/stats', '/metrics', '/requests/none'])('with the scope of operators open %s, and no others do', async (path) => {
    expect((await ask(path)).status).toBe(401);
    expect((await ask(path, bearer(ANN))).status).toBe(403);
    const reply = await ask(path, bearer(OPS));
    expect(reply.status).toBe(path.startsWith('/requests') ? 404 : 200);
    if (reply.status === 404) expect(reply.json.message).toContain('No record');
  });

  it('leave ordinary controllers of the app alone', async () => {
    expect((await ask('/orders')).status).toBe(200);
    expect((await ask('/orders', bearer('wrong'), 'POST')).status).toBe(201);
    expect((await ask('/nowhere')).status).toBe(404);
  });

  it('are demanded in whatever form a request comes to the route', async () => {
    const runs = TimeHandler.runs;
    const forms: [string, string][] = [
      ['HEAD', '/v1/time'],
      ['GET', '/v1/%74ime'],
      ['GET', '/V1/TIME'],
      ['GET', '/v1/time/'],
      ['GET', '//v1/time'],
      ['GET', '/v1/time?x=1'],
      ['GET', '/v1/./time'],
    ];
    for (const [method, path] of forms) expect([401, 404]).toContain((await ask(path, {}, method)).status);
    expect((await ask('/v1/time', {}, 'HEAD')).status).toBe(401);
    expect(TimeHandler.runs).toBe(runs);
    expect((await ask('/v1/time', bearer(ANN), 'HEAD')).status).toBe(200);
  });

  it('without one it is 401, whatever headers come along', async () => {
    const name = fc.oneof(
      fc.constantFrom('authorization', 'x-api-key', 'x-forwarded-for', 'x-real-ip', 'forwarded', 'x-original-url', 'host', 'cookie'),
      fc.constantFrom('x-http-method-override', 'api-key', 'proxy-authorization', 'origin', 'access-control-request-method', 'logid'),
    );
    const value = fc.oneof(
      fc.constantFrom(
        'Bearer',
        'Bearer ',
        'Bearer null',
        'Bearer undefined',
        'Bearer sha256:',
        '127.0.0.1',
        '::1',
        'management',
        '/health',
      ),
      fc.constantFrom(`Basic ${ANN}`, `Bearer "${ANN}"`, `Bearer ${ANN}x`, `Bearer ${ANN.toUpperCase()}`, ANN.slice(1), hashApiKey(ANN)),
      fc.stringMatching(/^[!-~]{0,40}$/),
    );
    const headers = fc.dictionary(name, value, { maxKeys: 5 });
    const path = fc.constantFrom('/v1/who', '/v1/chat/completions', '/stats', '/metrics', '/requests/x', '/v1/time', '/v1/models');
    const runs = WhoHandler.runs + TimeHandler.runs;
    await fc.assert(
      fc.asyncProperty(path, headers, async (asked, given) => {
        const method = ['/v1/who', '/v1/chat/completions'].includes(asked) ? 'POST' : 'GET';
        const reply = await ask(asked, given, method);
        expect(reply.status).toBe(401);
        expect(reply.headers['www-authenticate']).toMatch(/^Bearer realm="guarded"/);
      }),
      { numRuns: 150 },
    );
    expect(WhoHandler.runs + TimeHandler.runs).toBe(runs);
  });

  it("are refused in the words of OpenAI's protocol", async () => {
    const reply = await ask('/v1/chat/completions', {}, 'POST');
    expect(reply.status).toBe(401);
    expect(reply.json).toEqual({
      error: {
        message: 'An API key is required, as a Bearer token or in x-api-key',
        type: 'authentication_error',
        param: null,
        code: 'invalid_api_key',
      },
    });
  });

  it("give OpenAI's own client the errors that it knows", async () => {
    const client = (apiKey: string) => new OpenAI({ baseURL: `${service.url}/v1`, apiKey });
    const chat = (apiKey: string) =>
      client(apiKey).chat.completions.create({ model: 'parrot', messages: [{ role: 'user', content: 'say hello' }] });
    expect((await chat(BOB)).choices[0].message.content).toBe('hello');
    const [unknown, scope] = [await failure(chat('wrong')), await failure(client(BOB).models.list())];
    expect(unknown).toBeInstanceOf(AuthenticationError);
    expect(unknown).toMatchObject({ status: 401, code: 'invalid_api_key' });
    expect(scope).toBeInstanceOf(PermissionDeniedError);
    expect(scope).toMatchObject({ status: 403, code: 'forbidden' });
  });
});

async function failure(call: PromiseLike<unknown>): Promise<unknown> {
  return Promise.resolve(call).then(
    () => undefined,
    (error: unknown) => error,
  );
}

describe.each(ADAPTERS)('keys that end, on %s', (adapter) => {
  it('are refused from their time on', async () => {
    const clock = new FakeClock(Date.UTC(2026, 0, 1));
    const keys: ApiKeyEntry[] = [
      { name: 'ann', hash: hashApiKey(OLD), expiresAt: '2026-01-01T00:01:00Z' },
      { name: 'ann', hash: hashApiKey(ANN), expiresAt: new Date(Date.UTC(2027, 0, 1)) },
    ];
    const service = await startSecured({ adapter, security: { keys }, clock });
    const who = (key: string) => send(service.url, { path: '/v1/who', headers: { ...JSON_TYPE, ...bearer(key) }, body: '{}' });
    clock.advance(seconds(59.999));
    expect((await who(OLD)).json).toEqual({ who: 'ann' });
    clock.advance(1);
    const refused = await who(OLD);
    expect(refused).toMatchObject({ status: 401, json: { error: 'unauthorized', message: 'The API key has expired' } });
    expect(refused.headers['www-authenticate']).toContain('error="invalid_token"');
    expect(service.log.messages).toContain('Access refused: expired key, name ann, POST /v1/who, from 127.0.0.1');
    expect((await who(ANN)).json).toEqual({ who: 'ann' });
    await service.close();
  });
});

describe.each(ADAPTERS)('a file of keys on %s', (adapter) => {
  let folder: string;
  let keysFile: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'nestage-security-'));
    keysFile = join(folder, 'keys.json');
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  const write = (...keys: [string, string][]) =>
    writeFileSync(keysFile, JSON.stringify(keys.map(([name, key]) => ({ name, hash: hashApiKey(key) }))));
  const statusOf = async (service: TestService, key: string) => (await service.post('/v1/who', {}, { headers: bearer(key) })).status;

  it('is rotated under load: who keeps a key is never refused, and the old one ends', async () => {
    write(['ann', ANN], ['old', OLD]);
    const service = await startSecured({ adapter, security: { keysFile, keysFilePollMs: 10 } });
    const statuses = new Map<string, number>();
    let isOver = false;
    const load = Array.from({ length: 8 }, async (_, worker) => {
      while (!isOver) {
        const key = [ANN, OLD, BOB][worker % 3];
        const status = await statusOf(service, key);
        statuses.set(`${key.slice(0, 3)} ${status}`, (statuses.get(`${key.slice(0, 3)} ${status}`) ?? 0) + 1);
      }
    });
    const knows = (line: string) => service.log.messages.some((message) => message.endsWith(line));
    await until(() => (statuses.get('old 200') ?? 0) > 5 && (statuses.get('bob 401') ?? 0) > 5);
    write(['ann', ANN], ['old', OLD], ['bob', BOB]);
    await until(() => knows('3 (ann, old, bob)') && (statuses.get('bob 200') ?? 0) > 5);
    writeFileSync(
      `${keysFile}.next`,
      JSON.stringify([
        { name: 'ann', hash: hashApiKey(ANN) },
        { name: 'bob', hash: hashApiKey(BOB) },
      ]),
    );
    renameSync(`${keysFile}.next`, keysFile);
    await until(() => knows('2 (ann, bob)') && (statuses.get('old 401') ?? 0) > 5);
    isOver = true;
    await Promise.all(load);
    expect([...statuses.keys()].sort()).toEqual(['ann 200', 'bob 200', 'bob 401', 'old 200', 'old 401']);
    await service.close();
  });

  it('that is broken leaves the last good keys in force, and says so', async () => {
    write(['ann', ANN]);
    const service = await startSecured({ adapter, security: { keysFile, keysFilePollMs: 10 } });
    writeFileSync(keysFile, `[{"name":"bob","hash":"${BOB}`);
    await until(() => service.log.records.some(({ level }) => level === 'ERROR'));
    expect([await statusOf(service, ANN), await statusOf(service, BOB)]).toEqual([200, 401]);
    const [error] = service.log.records.filter(({ level }) => level === 'ERROR');
    expect(error.message).toBe(`The key file ${keysFile} is no JSON: the last 1 good keys stay in force`);
    write(['bob', BOB]);
    await until(() => service.log.messages.some((line) => line.endsWith('1 (bob)')));
    expect([await statusOf(service, ANN), await statusOf(service, BOB)]).toEqual([401, 200]);
    expect(service.log.messages.join('\n')).not.toContain(BOB);
    await service.close();
  });

  it('that is missing keeps the service from starting', async () => {
    await expect(startSecured({ adapter, security: { keysFile } })).rejects.toThrow(`The key file ${keysFile} can't be read (ENOENT)`);
  });

  it('is looked at no more when the service is closed', async () => {
    write(['ann', ANN]);
    const clock = new FakeClock();
    const service = await startSecured({ adapter, security: { keysFile }, clock });
    expect(clock.pendingTimers).toBe(1);
    await service.close();
    expect(clock.pendingTimers).toBe(0);
  });
});

describe.each(ADAPTERS)('the environment on %s', (adapter) => {
  const startWith = (environment: object, security: SecurityOptions = {}) =>
    startSecured({ adapter, security, override: (builder) => builder.overrideProvider(SERVICE_ENVIRONMENT).useValue(environment) });
  const statusOf = async (service: TestService, path: string, key?: string) =>
    (await send(service.url, { path, method: 'GET', headers: key ? bearer(key) : {} })).status;

  it('without keys leaves the service open', async () => {
    const service = await startWith({});
    expect([await statusOf(service, '/v1/time'), await statusOf(service, '/stats')]).toEqual([200, 200]);
    expect((await service.post('/v1/who', {}).then((reply) => reply.json())) as object).toEqual({ who: 'anybody' });
    expect(service.app.get(GateChecks).isIdentifying).toBe(false);
    await service.close();
  });

  it('gives keys of clients and of operators', async () => {
    const service = await startWith({ apiKeys: `ann:${ANN},bob:${hashApiKey(BOB)}`, managementApiKeys: `ops:${OPS}` });
    expect(service.app.get(GateChecks).isIdentifying).toBe(true);
    for (const [key, client, operator] of [
      [ANN, 200, 403],
      [BOB, 200, 403],
      [OPS, 403, 200],
      [undefined, 401, 401],
    ] as const) {
      expect([await statusOf(service, '/v1/time', key), await statusOf(service, '/stats', key)]).toEqual([client, operator]);
    }
    await service.close();
  });

  it('that makes no sense is a fault, without its values', async () => {
    const starting = startWith({ apiKeys: ANN });
    await expect(starting).rejects.toThrow('Entry 1 of "API_KEYS" must be name:key or name:sha256:<hex>');
    await expect(starting).rejects.not.toThrow(ANN);
  });
});

describe.each(ADAPTERS)('security by other ways on %s', (adapter) => {
  const GET = async (service: TestService, path: string, headers: Record<string, string> = {}, method = 'GET') =>
    (await send(service.url, { path, method, headers })).status;

  it('by forRootAsync is the same', async () => {
    @Injectable()
    class Vault {
      keys() {
        return Promise.resolve(KEYS);
      }
    }
    @Module({ providers: [Vault], exports: [Vault] })
    class VaultModule {}
    const security = SecurityModule.forRootAsync({
      imports: [VaultModule],
      inject: [Vault],
      useFactory: async (vault: Vault) => ({ keys: await vault.keys() }),
    });
    const service = await startTestService({ adapter, providers: [TimeHandler], imports: [security] });
    expect([await GET(service, '/v1/time'), await GET(service, '/v1/time', bearer(ANN))]).toEqual([401, 200]);
    await service.close();
  });

  it('everywhere asks for a key on every path of the app but liveness and readiness', async () => {
    const service = await startSecured({
      adapter,
      security: { keys: KEYS, everywhere: true },
      configure: (app) => void app.enableCors(),
    });
    for (const path of ['/orders', '/nowhere', '/v1/time', '/stats', '/orders/', '/ORDERS', '/health/other']) {
      expect([path, await GET(service, path)]).toEqual([path, 401]);
    }
    expect(await GET(service, '/orders', {}, 'POST')).toBe(401);
    expect(await GET(service, '/health/live', {}, 'POST')).toBe(401);
    expect([400, 401]).toContain(await GET(service, '/orders', {}, 'OPTIONS')); // Fastify's CORS plugin refuses it first
    expect(await GET(service, '/orders', { origin: 'http://a.example', 'access-control-request-method': 'GET' }, 'OPTIONS')).toBe(204);
    expect(await GET(service, '/orders', bearer(ANN))).toBe(200);
    expect(await GET(service, '/orders', bearer(BOB))).toBe(403);
    expect(await GET(service, '/nowhere', bearer(ANN))).toBe(404);
    expect([await GET(service, '/health/live'), await GET(service, '/health/ready'), await GET(service, '/health')]).toEqual([
      200, 200, 200,
    ]);
    expect(await GET(service, '/stats', bearer(OPS))).toBe(200);
    await service.close();
  });

  it('knows scopes by the path as it was declared, whatever prefix the app has', async () => {
    const keys = [{ name: 'ann', hash: hashApiKey(ANN), scopes: ['/v1/time'] }];
    const service = await startSecured({ adapter, security: { keys }, configure: (app) => void app.setGlobalPrefix('api') });
    expect([await GET(service, '/api/v1/time'), await GET(service, '/api/v1/time', bearer(ANN))]).toEqual([401, 200]);
    expect(await GET(service, '/api/v1/models', bearer(ANN))).toBe(403);
    expect(await GET(service, '/api/health/live')).toBe(200);
    await service.close();
  });

  it('keeps the API document for operators', async () => {
    const pages = ['/docs', '/docs-json', '/docs-yaml', '/docs/swagger-ui.css', '/docs-other'];
    const configure = (app: INestApplication) => {
      app.get(GateChecks).addOperatorPage('/docs');
      const answer = (_request: unknown, reply: { send(body: string): void }) => reply.send('a page');
      for (const page of pages) (app.getHttpAdapter() as HttpAdapterHost['httpAdapter']).get(page, answer);
    };
    const service = await startSecured({ adapter, configure });
    for (const path of ['/docs', '/docs/', '/docs-json', '/docs-yaml', '/docs/swagger-ui.css', '/DOCS', '/%64ocs', '//docs']) {
      expect([path, await GET(service, path)]).toEqual([path, 401]);
    }
    expect([await GET(service, '/docs-json', bearer(ANN)), await GET(service, '/docs-json', bearer(OPS))]).toEqual([403, 200]);
    expect(await GET(service, '/docs-other')).toBe(200);
    await service.close();
  });

  describe('a browser', () => {
    const HTML = { accept: 'text/html,application/xhtml+xml,*/*;q=0.8' };
    const basic = (key: string, user = 'any') => ({ authorization: `Basic ${Buffer.from(`${user}:${key}`).toString('base64')}` });
    let service: TestService;
    beforeAll(async () => {
      const configure = (app: INestApplication) => {
        app.get(GateChecks).addOperatorPage('/docs');
        const answer = (_request: unknown, reply: { send(body: string): void }) => reply.send('a page');
        const adapterOfApp = app.getHttpAdapter() as HttpAdapterHost['httpAdapter'];
        adapterOfApp.get('/docs', answer);
        adapterOfApp.post('/docs', answer);
      };
      service = await startSecured({ adapter, configure });
    });
    afterAll(() => service.close());

    it('is asked for the key of an operator as the password of pages that are for them', async () => {
      for (const path of ['/docs', '/stats', '/metrics']) {
        const asked = await fetch(service.url + path, { headers: HTML });
        expect([asked.status, asked.headers.get('www-authenticate')]).toEqual([
          401,
          expect.stringMatching(/^Basic realm="[^"]+", charset="UTF-8"$/),
        ]);
        const signedIn = await fetch(service.url + path, { headers: { ...HTML, ...basic(OPS, 'Ünna') } });
        expect([path, signedIn.status]).toEqual([path, 200]);
        expect((await fetch(service.url + path, { headers: { ...HTML, ...basic('a guess') } })).headers.get('www-authenticate')).toMatch(
          /^Basic/,
        );
        expect(await GET(service, path, basic(ANN))).toBe(403);
        expect(await GET(service, path, { ...HTML, ...basic('') })).toBe(401);
      }
    });

    it('is the only one that is asked so', async () => {
      const asked = await fetch(`${service.url}/docs`);
      expect([asked.status, asked.headers.get('www-authenticate')]).toEqual([401, expect.stringMatching(/^Bearer realm=/)]);
    });

    it('gets nothing else by it: no work, no writing, nothing that another site could read', async () => {
      const work = await fetch(`${service.url}/v1/time`, { headers: { ...HTML, ...basic(ANN) } });
      expect([work.status, work.headers.get('www-authenticate')]).toEqual([401, expect.stringMatching(/^Bearer/)]);
      expect(await GET(service, '/docs', { ...HTML, ...basic(OPS) }, 'POST')).toBe(401);
      const from = (site: string, mode: string) => ({ ...HTML, ...basic(OPS), 'sec-fetch-site': site, 'sec-fetch-mode': mode });
      expect(await GET(service, '/stats', from('cross-site', 'cors'))).toBe(401);
      expect(await GET(service, '/stats', from('same-site', 'no-cors'))).toBe(401);
      expect(await GET(service, '/stats', from('same-origin', 'cors'))).toBe(200);
      expect(await GET(service, '/docs', from('cross-site', 'navigate'))).toBe(200);
    });

    it.each(['Basic', 'Basic ', 'Basic ?', `Basic ${Buffer.from('no colon').toString('base64')}`, `Basic ${'A'.repeat(5000)}`])(
      'that sends %s has no key',
      async (authorization) => {
        expect(await GET(service, '/docs', { authorization })).toBe(401);
      },
    );
  });

  it('asks operators for their keys on the management listener, too', async () => {
    const service = await startSecured({ adapter, options: { management: { port: 0 } } });
    const { port } = service.app.get(ManagementListener, { strict: false }).address ?? { port: 0 };
    const management = { ...service, url: `http://127.0.0.1:${port}` };
    expect([await GET(management, '/stats'), await GET(management, '/stats', bearer(OPS))]).toEqual([401, 200]);
    expect([await GET(management, '/health/live'), await GET(service, '/stats', bearer(OPS))]).toEqual([200, 404]);
    await service.close();
  });

  it('lets management guards decide on top of the keys', async () => {
    @Injectable()
    class NoGuard {
      canActivate() {
        return false;
      }
    }
    const options: WebServiceOptions = { management: { guards: [NoGuard] } };
    const service = await startSecured({ adapter, options });
    expect([await GET(service, '/stats'), await GET(service, '/stats', bearer(OPS))]).toEqual([401, 403]);
    await service.close();
  });

  it('is imported once', async () => {
    const twice = startSecured({ adapter, imports: [SecurityModule.forRootAsync({ useFactory: () => ({}) })] });
    await expect(twice).rejects.toThrow('SecurityModule.forRoot() is imported more than once: keep the import of the root module only.');
  });
});

describe.each(ADAPTERS)('rate limits on %s', (adapter) => {
  const start = (rateLimit: SecurityOptions['rateLimit'], rest: Partial<Init> = {}) =>
    startSecured({ adapter, security: { keys: KEYS, rateLimit }, ...rest });
  const time = (service: TestService, headers: Record<string, string>) => send(service.url, { path: '/v1/time', method: 'GET', headers });

  it('by key refuse with 429, an integer of seconds and the rest of the limit', async () => {
    const service = await start({ limit: 2 });
    const replies = [await time(service, bearer(ANN)), await time(service, bearer(ANN)), await time(service, bearer(ANN))];
    expect(replies.map(({ status }) => status)).toEqual([200, 200, 429]);
    expect(replies.map(({ headers }) => headers['x-ratelimit-remaining'])).toEqual(['1', '0', '0']);
    expect(replies[0].headers).toMatchObject({ 'x-ratelimit-limit': '2', 'x-ratelimit-reset': '60' });
    expect(replies[2].json).toMatchObject({ code: 429, error: 'rate_limited' });
    expect(replies[2].headers['retry-after']).toMatch(/^(?:[1-9]|[1-5]\d|60)$/);
    expect(service.log.messages).toContain('Access refused: rate_limited, name ann, GET /v1/time, from 127.0.0.1');
    const other = await send(service.url, { path: '/v1/chat/completions', headers: { ...JSON_TYPE, ...bearer(BOB) }, body: CHAT });
    expect(other.status).toBe(200);
    await service.close();
  });

  it('of hours still say to come back within a minute', async () => {
    const service = await start({ limit: 1, windowMs: 3_600_000 });
    await time(service, bearer(ANN));
    expect((await time(service, bearer(ANN))).headers['retry-after']).toBe('60');
    await service.close();
  });

  it('pass by themselves', async () => {
    const service = await start({ limit: 1, windowMs: 1500 });
    expect((await time(service, bearer(ANN))).status).toBe(200);
    for (const status of [429, 200]) await until(async () => (await time(service, bearer(ANN))).status === status);
    await service.close();
  });

  it('by address count guesses at keys as well, and never what watches over the service', async () => {
    const service = await start({ limit: 2, by: 'ip' });
    const statuses = [];
    for (const key of ['guess-1', 'guess-2', 'guess-3', ANN]) statuses.push((await time(service, bearer(key))).status);
    expect(statuses).toEqual([401, 401, 429, 429]);
    for (const path of ['/health/live', '/health/ready', '/health', '/stats']) {
      const reply = await send(service.url, { path, method: 'GET', headers: bearer(OPS) });
      expect([path, reply.status, reply.headers['x-ratelimit-limit']]).toEqual([path, 200, undefined]);
    }
    expect((await send(service.url, { path: '/orders', method: 'GET' })).status).toBe(200);
    await service.close();
  });

  it('believe X-Forwarded-For where the app trusts its proxy, and only there', async () => {
    const from = (address: string) => ({ ...bearer(ANN), 'x-forwarded-for': address });
    const trusting = await start({ limit: 1, by: 'ip' }, { trustProxy: true });
    const plain = await start({ limit: 1, by: 'ip' });
    const statuses = async (service: TestService) => [
      (await time(service, from('192.0.2.1'))).status,
      (await time(service, from('192.0.2.1'))).status,
      (await time(service, from('192.0.2.2'))).status,
    ];
    expect(await statuses(trusting)).toEqual([200, 429, 200]);
    expect(trusting.log.messages).toContain('Access refused: rate_limited, name unknown, GET /v1/time, from 192.0.2.1');
    expect(await statuses(plain)).toEqual([200, 429, 429]);
    await Promise.all([trusting.close(), plain.close()]);
  });

  it('by path have counts of their own', async () => {
    const service = await start({ limit: 1, paths: { '/v1/time': { limit: 2 }, '/v1/models': false } });
    const times = async (path: string, method = 'GET') => {
      const statuses = [];
      const body = method === 'POST' ? { body: '{}' } : {};
      for (let index = 0; index < 3; index++) {
        statuses.push((await send(service.url, { path, method, headers: { ...JSON_TYPE, ...bearer(ANN) }, ...body })).status);
      }
      return statuses;
    };
    expect(await times('/v1/time')).toEqual([200, 200, 429]);
    expect(await times('/v1/models')).toEqual([200, 200, 200]);
    expect(await times('/v1/who', 'POST')).toEqual([200, 429, 429]);
    await service.close();
  });

  it('hold without keys, by address', async () => {
    const service = await startSecured({ adapter, security: { rateLimit: { limit: 1 } } });
    expect([(await time(service, {})).status, (await time(service, {})).status]).toEqual([200, 429]);
    await service.close();
  });

  it("are told to OpenAI's own client, which waits and comes back", async () => {
    const service = await start({ limit: 1, windowMs: 2000 });
    const client = new OpenAI({ baseURL: `${service.url}/v1`, apiKey: BOB, maxRetries: 0 });
    const chat = (options?: { maxRetries: number }) =>
      client.chat.completions.create({ model: 'parrot', messages: [{ role: 'user', content: 'say hello' }] }, options);
    let error: Error | undefined;
    const refused = (thrown: Error): void => void (error = thrown);
    while (!error) await chat().then(() => undefined, refused);
    expect(error).toBeInstanceOf(RateLimitError);
    expect(error).toMatchObject({ status: 429, code: 'rate_limit_exceeded', type: 'rate_limit_error' });
    expect((error as RateLimitError).headers?.get('retry-after')).toMatch(/^[12]$/);
    expect((await chat({ maxRetries: 2 })).choices[0].message.content).toBe('hello');
    await service.close();
  });
});

const CHAT = '{"model":"parrot","messages":[{"role":"user","content":"say hello"}]}';
