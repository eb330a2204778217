import { mkdtemp, readFile, rm } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  type ArgumentsHost,
  BadRequestException,
  Body,
  type CanActivate,
  Catch,
  Controller,
  type ExceptionFilter,
  type ExecutionContext,
  ForbiddenException,
  Get,
  HttpException,
  type INestApplication,
  Logger,
  type LoggerService,
  Module,
  NotFoundException,
  Param,
  Post,
  ValidationPipe,
} from '@nestjs/common';
import { APP_FILTER, NestFactory } from '@nestjs/core';
import { Test } from '@nestjs/testing';
import { IsInt } from 'class-validator';
import { currentLogId, StageContext, StageHandler, WebService, WebServiceModule, type WebServiceOptions } from 'nestage';
import { ManagementListener } from '../../libs/nestage/src/http/builtin/management-listener.js';
import { type RawReply, type RawRequest, send } from '../support/raw-http.js';
import { type TestAdapterName, ALL_ADAPTERS, adapterOf, startTestService, type TestServiceOptions } from '../support/test-service.js';

const JSON_TYPE = { 'content-type': 'application/json' };
const FORM_TYPE = { 'content-type': 'application/x-www-form-urlencoded' };

class OwnRequest {
  @IsInt() number: number;
}

@Controller('own')
class OwnController {
  @Get()
  hello() {
    return 'hello';
  }

  @Post()
  create(@Body() body: OwnRequest) {
    return { created: body, isInstance: body instanceof OwnRequest };
  }

  @Post('any')
  any(@Body() body: unknown) {
    return { body };
  }

  @Get('items/:id')
  item(@Param('id') id: string) {
    throw new NotFoundException(`No item ${id}`);
  }

  @Get('fail')
  fail() {
    throw new Error('a private matter');
  }
}

@Controller('health')
class OwnHealthController {
  @Get()
  health() {
    return { own: true };
  }
}

/** Stands on a path that a pattern of the service covers, too. */
@Controller('covered/special')
class CoveredController {
  @Post()
  special(@Body() body: unknown) {
    return { special: body };
  }
}

@StageHandler('/stage', { request: OwnRequest })
class StageRouteHandler {
  run({ number }: OwnRequest) {
    if (number < 0) throw new Error('a private matter');
    return { number };
  }
}

@StageHandler('/own/items/:id', { request: false })
class OwnItemHandler {
  run() {
    return {};
  }
}

@StageHandler('/covered/:name', { request: OwnRequest })
class CoveringHandler {
  run() {
    return {};
  }
}

@Catch()
class CatchAllFilter implements ExceptionFilter {
  catch(error: unknown, host: ArgumentsHost): void {
    const status = error instanceof HttpException ? error.getStatus() : 599;
    host.switchToHttp().getResponse<{ status(code: number): { send(body: object): void } }>().status(status).send({ own: 'filter' });
  }
}

const CONTROLLERS = [OwnController, CoveredController];
const STAGES = [StageRouteHandler, OwnItemHandler, CoveringHandler];
const pipes = (app: INestApplication) => void app.useGlobalPipes(new ValidationPipe({ transform: true }));

/** The same app without the service. */
async function startPlain(adapter: TestAdapterName, { providers, controllers, configure }: Omit<TestServiceOptions, 'adapter'>) {
  const moduleRef = await Test.createTestingModule({ providers, controllers }).compile();
  const app = moduleRef.createNestApplication(adapterOf(adapter), { logger: false });
  await configure?.(app);
  await app.listen(0, '127.0.0.1');
  return { app, url: `http://127.0.0.1:${(app.getHttpServer().address() as AddressInfo).port}` };
}

const OWN_REQUESTS: readonly RawRequest[] = [
  { method: 'GET', path: '/own' },
  { path: '/own', headers: JSON_TYPE, body: '{"number": 1}' },
  { path: '/own', headers: JSON_TYPE, body: '{"number": "x", "more": 1}' },
  { path: '/own', headers: JSON_TYPE, body: '{"number":' },
  { path: '/own', headers: JSON_TYPE, body: JSON.stringify({ text: 'x'.repeat(2_000_000) }) },
  { path: '/own/any', headers: FORM_TYPE, body: 'a=1&b=2' },
  { path: '/own/any', headers: { 'content-type': 'text/plain' }, body: 'text' },
  { path: '/own/any' },
  { method: 'GET', path: '/own/items/5' },
  { method: 'GET', path: '/own/fail' },
  { method: 'GET', path: '/nowhere?a=b' },
  { method: 'DELETE', path: '/own' },
  { method: 'HEAD', path: '/own' },
  { method: 'OPTIONS', path: '/own' },
  { path: '/covered/special', headers: JSON_TYPE, body: '{"number": "x"}' },
  { path: '/covered/special', headers: FORM_TYPE, body: 'a=1' },
];

/** What a client can tell two answers by, but for the log id. */
function visible({ status, text, headers }: RawReply) {
  const { date: _date, logid: _logid, 'x-request-id': _id, 'keep-alive': _keepAlive, ...rest } = headers;
  return { status, text, headers: rest };
}

describe.each(ALL_ADAPTERS)('a guest on %s', (adapter) => {
  it.each([
    ['without filters', []],
    ['with a catch-all filter', [{ provide: APP_FILTER, useClass: CatchAllFilter }]],
  ])("changes nothing of the app's other routes, filters, pipes and paths, %s", async (_fact, filters) => {
    const plain = await startPlain(adapter, { controllers: CONTROLLERS, providers: filters, configure: pipes });
    const guest = await startTestService({ adapter, controllers: CONTROLLERS, providers: [...STAGES, ...filters], configure: pipes });
    for (const request of OWN_REQUESTS) {
      const expected = visible(await send(plain.url, request));
      const got = await send(guest.url, request);
      expect({ request, ...visible(got) }).toEqual({ request, ...expected });
      expect(got.headers.logid).toMatch(/^\d{19}$/);
    }
    await Promise.all([plain.app.close(), guest.close()]);
  });

  it.each([false, true])("answers stage routes itself, whatever the app's catch-all filter (takeOver: %s)", async (takeOver) => {
    const providers = [...STAGES, { provide: APP_FILTER, useClass: CatchAllFilter }];
    const service = await startTestService({ adapter, options: { takeOver }, providers });
    const replies = await Promise.all(
      ['{"number": -1}', '{"number": "x"}', '{', '1'].map((body) => send(service.url, { path: '/stage', headers: JSON_TYPE, body })),
    );
    await service.close();
    expect(replies.map(({ json }) => json.error as string)).toEqual([
      'internal_error',
      'invalid_request',
      'invalid_json',
      'invalid_request',
    ]);
  });

  it("leaves the app's catch-all filter its own routes and 404 after taking over, too", async () => {
    const providers = [...STAGES, { provide: APP_FILTER, useClass: CatchAllFilter }];
    const service = await startTestService({ adapter, options: { takeOver: true }, controllers: CONTROLLERS, providers });
    const fail = await send(service.url, { method: 'GET', path: '/own/fail' });
    const nowhere = await send(service.url, { method: 'GET', path: '/nowhere' });
    await service.close();
    expect([fail.status, fail.json]).toEqual([599, { own: 'filter' }]);
    expect([nowhere.status, nowhere.json]).toEqual([404, { own: 'filter' }]);
  });

  it('covers 404, body failures and ordinary controllers after taking over', async () => {
    const service = await startTestService({
      adapter,
      options: { takeOver: true },
      controllers: CONTROLLERS,
      providers: STAGES,
      configure: pipes,
    });
    const table: [RawRequest, number, string, string | RegExp][] = [
      [{ method: 'GET', path: '/nowhere?token=private' }, 404, 'not_found', 'No route for GET /nowhere'],
      [{ method: 'GET', path: '/stage' }, 405, 'method_not_allowed', 'GET is not allowed here, use POST'],
      [{ method: 'DELETE', path: '/own/items/5' }, 405, 'method_not_allowed', 'use GET or HEAD or POST'],
      [{ method: 'GET', path: '/own/fail' }, 500, 'internal_error', 'Something went wrong'],
      [{ method: 'GET', path: '/own/items/5' }, 404, 'not_found', 'No item 5'],
      [{ path: '/own', headers: JSON_TYPE, body: '{"number": "x"}' }, 400, 'client_error', 'number must be an integer number'],
      [{ path: '/own', headers: JSON_TYPE, body: '{"number": private}' }, 400, 'client_error', /./],
      [{ path: '/own', headers: JSON_TYPE, body: JSON.stringify({ text: 'x'.repeat(2_000_000) }) }, 413, 'body_too_large', /./],
    ];
    for (const [request, status, error, message] of table) {
      const reply = await send(service.url, request);
      expect({ request, status: reply.status, error: reply.json.error }).toEqual({ request, status, error });
      expect(reply.json.message).toMatch(message);
      expect(reply.json.logid).toBe(reply.headers.logid);
    }
    expect((await send(service.url, { method: 'GET', path: '/own' })).text).toBe('hello');
    await service.close();
  });

  it.each([false, true])("steps aside for the app's own /health (takeOver: %s)", async (takeOver) => {
    const service = await startTestService({ adapter, options: { takeOver }, controllers: [OwnHealthController], providers: STAGES });
    const get = (path: string) => send(service.url, { method: 'GET', path });
    const [own, live, ready] = [await get('/health'), await get('/health/live'), await get('/health/ready')];
    await service.close();
    expect([own.status, own.json]).toEqual([200, { own: true }]);
    expect([live.status, ready.status]).toEqual([200, 200]);
  });

  it.each([false, true])("leaves the app's logger to the app unless it takes over (takeOver: %s)", async (takeOver) => {
    const folder = await mkdtemp(join(tmpdir(), 'nestage-guest-'));
    const lines: unknown[] = [];
    const note = (message: unknown) => void lines.push(message);
    const logger: LoggerService = { log: note, error: note, warn: note, debug: note, verbose: note, fatal: note };
    @Module({
      imports: [WebServiceModule.forRoot({ takeOver, logging: { console: false, file: join(folder, 'service.log') } })],
      providers: STAGES,
    })
    class AppModule {}
    try {
      const app = await NestFactory.create(AppModule, adapterOf(adapter), { logger });
      await app.init();
      new Logger('Orders').log('a line of the app');
      await app.close();
      const written = await readFile(join(folder, 'service.log'), 'utf8');
      expect(lines.includes('a line of the app')).toBe(!takeOver);
      expect(written.includes('a line of the app')).toBe(takeOver);
    } finally {
      Logger.overrideLogger(false);
      await rm(folder, { recursive: true });
    }
  });

  it('listens to no signal and no event of the process', async () => {
    const events = ['SIGTERM', 'SIGINT', 'SIGHUP', 'uncaughtException', 'unhandledRejection', 'beforeExit', 'exit'];
    const counts = () => events.map((event) => process.listenerCount(event));
    const before = counts();
    const service = await startTestService({ adapter, options: { takeOver: false }, providers: STAGES });
    expect(counts()).toEqual(before);
    await service.close();
    expect(counts()).toEqual(before);
  });

  it('serves built-in routes elsewhere, or not at all', async () => {
    const statuses = async (options: WebServiceOptions): Promise<number[]> => {
      const service = await startTestService({ adapter, options, providers: STAGES });
      const paths = ['/health', '/health/live', '/health/ready', '/status', '/status/live', '/status/ready'];
      const replies = await Promise.all(paths.map((path) => send(service.url, { method: 'GET', path })));
      await service.close();
      return replies.map(({ status }) => status);
    };
    expect(await statuses({})).toEqual([200, 200, 200, 404, 404, 404]);
    expect(await statuses({ health: { route: { path: '/status' } } })).toEqual([404, 404, 404, 200, 200, 200]);
    expect(await statuses({ health: { route: false } })).toEqual([404, 404, 404, 404, 404, 404]);
  });
});

describe.each(ALL_ADAPTERS)('the management port on %s', (adapter) => {
  it.each([false, true])('serves the built-in routes and nothing else, and only it does (takeOver: %s)', async (takeOver) => {
    const options = { takeOver, management: { port: 0 } };
    const service = await startTestService({ adapter, options, controllers: CONTROLLERS, providers: STAGES });
    const { port } = service.app.get(ManagementListener, { strict: false }).address as AddressInfo;
    const management = `http://127.0.0.1:${port}`;
    const get = (url: string, path: string) => send(url, { method: 'GET', path });
    const stage = (url: string) => send(url, { path: '/stage', headers: JSON_TYPE, body: '{"number": 1}' });

    for (const path of ['/health', '/health/live', '/health/ready']) {
      expect(await get(management, path)).toMatchObject({ status: 200, headers: { logid: expect.stringMatching(/^\d{19}$/) } });
      expect(await get(service.url, path)).toMatchObject({ status: 404, json: { error: 'not_found' } });
    }
    expect((await stage(service.url)).status).toBe(200);
    expect(await stage(management)).toMatchObject({ status: 404, json: { error: 'not_found' } });
    expect((await get(service.url, '/own')).text).toBe('hello');
    expect((await get(management, '/own')).status).toBe(404);
    await service.close();
    await expect(get(management, '/health')).rejects.toThrow(/ECONNREFUSED/);
  });

  it('shows details to whoever reaches it', async () => {
    const service = await startTestService({ adapter, options: { management: { port: 0 } }, providers: STAGES });
    const { port } = service.app.get(ManagementListener, { strict: false }).address as AddressInfo;
    const headers = { 'x-forwarded-for': '203.0.113.7' };
    const reply = await send(`http://127.0.0.1:${port}`, { method: 'GET', path: '/health', headers });
    await service.close();
    expect(reply.json.stages).toEqual({ StageRouteHandler: 'ready', OwnItemHandler: 'ready', CoveringHandler: 'ready' });
  });
});

describe.each(ALL_ADAPTERS)('details of /health on %s', (adapter) => {
  class TokenGuard implements CanActivate {
    canActivate(execution: ExecutionContext): boolean {
      const { headers } = execution.switchToHttp().getRequest<{ headers: Record<string, string> }>();
      if (headers['x-token'] === undefined) throw new ForbiddenException();
      return headers['x-token'] === 'right';
    }
  }

  const check = { name: 'database', check: () => ({ status: 'healthy' as const, details: { host: 'db.internal' } }) };

  const healthFor = async (management: WebServiceOptions['management'], headers: Record<string, string>): Promise<RawReply> => {
    const options = { health: { checks: [check] }, management };
    const service = await startTestService({ adapter, options, providers: [StageRouteHandler] });
    const reply = await send(service.url, { method: 'GET', path: '/health', headers });
    await service.close();
    return reply;
  };

  it('are shown to this machine', async () => {
    const { json } = await healthFor({}, {});
    expect(json).toMatchObject({ status: 'healthy', stages: { StageRouteHandler: 'ready' }, checks: expect.anything() });
    expect(JSON.stringify(json.checks)).toContain('database');
  });

  it.each(['x-forwarded-for', 'forwarded', 'x-real-ip'])('are not shown to what a proxy forwarded: %s', async (header) => {
    const { status, json, text } = await healthFor({}, { [header]: '127.0.0.1' });
    expect(status).toBe(200);
    expect(json).toMatchObject({ status: 'healthy', service: 'nestage', model: 'StageRouteHandler' });
    expect(json.stages).toBeUndefined();
    expect(text).not.toContain('database');
  });

  it.each([
    ['whom a guard lets pass', { 'x-token': 'right' }, true],
    ['whom a guard lets pass, from far', { 'x-token': 'right', 'x-forwarded-for': '203.0.113.7' }, true],
    ['nobody whom a guard refuses', { 'x-token': 'wrong' }, false],
    ['nobody for whom a guard throws', {}, false],
  ])('are shown to %s', async (_who, headers: Record<string, string>, isShown) => {
    const { status, json } = await healthFor({ guards: [TokenGuard] }, headers);
    expect(status).toBe(200);
    expect(json.checks !== undefined).toBe(isShown);
  });
});

describe.each(ALL_ADAPTERS)('two apps in one process on %s', (adapter) => {
  let other = '';

  @StageHandler('/work', { request: false })
  class WorkHandler {
    static instances = 0;
    private calls = 0;

    constructor() {
      WorkHandler.instances++;
    }

    async run(body: { next?: boolean; fail?: boolean }, context: StageContext) {
      this.calls++;
      if (body.fail) throw new BadRequestException('asked to');
      const reply = body.next ? await send(other, { path: '/work', headers: JSON_TYPE, body: '{}' }) : undefined;
      context.logger.info(`worked as ${currentLogId()}`);
      return { calls: this.calls, inner: reply?.json, innerLogId: reply?.headers.logid };
    }
  }

  @StageHandler('/held', { request: false })
  class HeldHandler {
    static begun: () => void;
    static release: Promise<void>;

    async run() {
      HeldHandler.begun();
      await HeldHandler.release;
      return {};
    }
  }

  it('share nothing', async () => {
    WorkHandler.instances = 0;
    const providers = [WorkHandler, HeldHandler];
    const one = await startTestService({ adapter, options: { service: 'one', maxBodyBytesInFlight: 100 }, providers });
    const two = await startTestService({ adapter, options: { service: 'two', locale: 'zh', takeOver: false }, providers });
    other = two.url;
    const post = (url: string, path: string, body: object) => send(url, { path, headers: JSON_TYPE, body: JSON.stringify(body) });

    // Instances, log and log ids, also where one calls the other.
    expect(WorkHandler.instances).toBe(2);
    const outer = await post(one.url, '/work', { next: true });
    expect(outer.json).toMatchObject({ calls: 1, inner: { calls: 1 } });
    expect(outer.json.innerLogId).not.toBe(outer.headers.logid);
    expect(one.log.of(outer.headers.logid as string)).toContain(`worked as ${outer.headers.logid as string}`);
    expect(two.log.of(outer.json.innerLogId as string)).toContain(`worked as ${outer.json.innerLogId as string}`);
    expect(one.log.of(outer.json.innerLogId as string)).toEqual([]);
    expect(two.log.of(outer.headers.logid as string)).toEqual([]);

    // Errors are told to their own app.
    const failed = await post(two.url, '/work', { fail: true });
    expect(two.log.of(failed.headers.logid as string)).toContain('Failed to process request: asked to');
    expect(one.log.of(failed.headers.logid as string)).toEqual([]);

    // The budget of bodies.
    let release!: () => void;
    HeldHandler.release = new Promise((resolve) => (release = resolve));
    const begun = new Promise<void>((resolve) => (HeldHandler.begun = resolve));
    const held = post(one.url, '/held', { text: 'x'.repeat(80) });
    await begun;
    expect((await post(one.url, '/work', { text: 'x'.repeat(80) })).status).toBe(503);
    expect((await post(two.url, '/work', { text: 'x'.repeat(80) })).status).toBe(200);

    // Health, readiness and the end.
    const [healthOne, healthTwo] = await Promise.all([one, two].map(({ url }) => send(url, { method: 'GET', path: '/health' })));
    expect([healthOne.json.service, healthTwo.json.service]).toEqual(['one', 'two']);
    release();
    await held;
    await one.close();
    expect(two.app.get(WebService).isReady).toBe(true);
    expect((await post(two.url, '/work', {})).status).toBe(200);
    await two.close();
  });
});
