import { Readable } from 'node:stream';
import {
  type ArgumentsHost,
  BadRequestException,
  type CallHandler,
  type CanActivate,
  Catch,
  Controller,
  type ExceptionFilter,
  type ExecutionContext,
  Header,
  type INestApplication,
  Injectable,
  Module,
  type NestInterceptor,
  NotFoundException,
  Post,
  SetMetadata,
  StreamableFile,
  UseFilters,
  UseGuards,
  UseInterceptors,
  ValidationPipe,
  VersioningType,
} from '@nestjs/common';
import { APP_FILTER, APP_GUARD, APP_INTERCEPTOR, APP_PIPE, Reflector, RouterModule } from '@nestjs/core';
import { ApiProperty, ApiTags, DocumentBuilder, SwaggerModule } from '@nestjs/swagger';
import { ThrottlerGuard, ThrottlerModule } from '@nestjs/throttler';
import { IsInt, IsOptional, IsString } from 'class-validator';
import helmet from 'helmet';
import { FromPath, FromQuery, StageContext, StageHandler } from 'nestage';
import { map, type Observable } from 'rxjs';
import { type RawReply, send } from '../support/raw-http.js';
import { ADAPTERS, startTestService, type TestService, type TestServiceOptions } from '../support/test-service.js';

const JSON_TYPE = { 'content-type': 'application/json' };

/** What both adapters' replies can do by the same name. */
interface AnyReply {
  header(name: string, value: string): unknown;
  status(code: number): { send(body: unknown): unknown };
}

const replyOf = (execution: ArgumentsHost): AnyReply => execution.switchToHttp().getResponse<AnyReply>();

@Injectable()
class HeaderGuard implements CanActivate {
  canActivate(execution: ExecutionContext): boolean {
    replyOf(execution).header('x-guard', 'passed');
    return true;
  }
}

@Injectable()
class KeyGuard implements CanActivate {
  canActivate(execution: ExecutionContext): boolean {
    return execution.switchToHttp().getRequest<{ headers: Record<string, string> }>().headers['x-key'] === 'right';
  }
}

@Injectable()
class HeaderInterceptor implements NestInterceptor {
  intercept(execution: ExecutionContext, next: CallHandler): Observable<unknown> {
    replyOf(execution).header('x-interceptor', 'passed');
    return next.handle();
  }
}

/** Serves one request of a service that is made for it. */
async function ask(
  options: TestServiceOptions,
  ...requests: { path: string; method?: string; body?: unknown; headers?: Record<string, string> }[]
): Promise<RawReply[]> {
  const service = await startTestService(options);
  const replies: RawReply[] = [];
  for (const { path, method = 'POST', body = {}, headers } of requests) {
    const text = method === 'GET' || method === 'OPTIONS' ? undefined : JSON.stringify(body);
    replies.push(await send(service.url, { path, method, body: text, headers: { ...(text ? JSON_TYPE : {}), ...headers } }));
  }
  await service.close();
  return replies;
}

describe.each(ADAPTERS)('guards on %s', (adapter) => {
  @UseGuards(KeyGuard)
  @StageHandler('/by-class', { request: false })
  class GuardedClassHandler {
    run() {
      return { by: 'class' };
    }
  }

  @StageHandler('/by-run', { request: false })
  class GuardedRunHandler {
    @UseGuards(KeyGuard)
    run() {
      return { by: 'run' };
    }
  }

  @StageHandler('/open', { request: false })
  class OpenHandler {
    run() {
      return { by: 'none' };
    }
  }

  const Roles = (...roles: string[]) => SetMetadata('roles', roles);

  @Injectable()
  class RolesGuard implements CanActivate {
    constructor(private readonly reflector: Reflector) {}

    canActivate(execution: ExecutionContext): boolean {
      const roles = this.reflector.getAllAndOverride<string[] | undefined>('roles', [execution.getHandler(), execution.getClass()]);
      const { headers } = execution.switchToHttp().getRequest<{ headers: Record<string, string> }>();
      return !roles || roles.includes(headers['x-role']);
    }
  }

  @Roles('reader', 'admin')
  @StageHandler('/roles/class', { request: false })
  class RolesOfClassHandler {
    run() {
      return {};
    }
  }

  @Roles('reader')
  @StageHandler('/roles/run', { request: false })
  class RolesOfRunHandler {
    @Roles('admin')
    run() {
      return {};
    }
  }

  const WRONG = { 'x-key': 'wrong' };
  const RIGHT = { 'x-key': 'right' };

  it.each([
    ['on the class', '/by-class', [GuardedClassHandler], undefined],
    ['on run', '/by-run', [GuardedRunHandler], undefined],
    ['by APP_GUARD', '/open', [OpenHandler, { provide: APP_GUARD, useClass: KeyGuard }], undefined],
    ['by useGlobalGuards', '/open', [OpenHandler], (app: INestApplication) => void app.useGlobalGuards(new KeyGuard())],
  ])('refuse and let pass: %s', async (_where, path, providers, configure) => {
    const [refused, passed] = await ask({ adapter, providers, configure }, { path, headers: WRONG }, { path, headers: RIGHT });
    expect(refused).toMatchObject({ status: 403, json: { code: 403, error: 'forbidden', message: 'Forbidden resource', data: null } });
    expect(refused.json.logid).toBe(refused.headers.logid);
    expect(passed.status).toBe(200);
  });

  it('with dependencies are made from the module of the handler', async () => {
    @Injectable()
    class KeyRing {
      readonly right = 'brass';
    }
    @Injectable()
    class RingGuard implements CanActivate {
      constructor(private readonly ring: KeyRing) {}
      canActivate(execution: ExecutionContext): boolean {
        return execution.switchToHttp().getRequest<{ headers: Record<string, string> }>().headers['x-key'] === this.ring.right;
      }
    }
    @UseGuards(RingGuard)
    @StageHandler('/ring', { request: false })
    class RingHandler {
      run() {
        return {};
      }
    }
    @Module({ providers: [KeyRing, RingHandler] })
    class RingModule {}
    const path = '/ring';
    const replies = await ask({ adapter, imports: [RingModule] }, { path, headers: RIGHT }, { path, headers: { 'x-key': 'brass' } });
    expect(replies.map(({ status }) => status)).toEqual([403, 200]);
  });

  it('read metadata of the class and of run by the Reflector', async () => {
    const providers = [RolesOfClassHandler, RolesOfRunHandler, OpenHandler, { provide: APP_GUARD, useClass: RolesGuard }];
    const as = (path: string, role: string) => ({ path, headers: { 'x-role': role } });
    const replies = await ask(
      { adapter, providers },
      as('/roles/class', 'reader'),
      as('/roles/class', 'guest'),
      as('/roles/run', 'reader'),
      as('/roles/run', 'admin'),
      as('/open', 'guest'),
    );
    expect(replies.map(({ status }) => status)).toEqual([200, 403, 403, 200, 200]);
  });

  it('run before the body is validated, and once', async () => {
    class NumberRequest {
      @IsInt() number: number;
    }
    let calls = 0;
    @Injectable()
    class CountingGuard extends KeyGuard {
      override canActivate(execution: ExecutionContext): boolean {
        calls++;
        return super.canActivate(execution);
      }
    }
    @UseGuards(CountingGuard)
    @StageHandler('/number', { request: NumberRequest })
    class NumberHandler {
      run() {
        return {};
      }
    }
    const path = '/number';
    const replies = await ask({ adapter, providers: [NumberHandler] }, { path, headers: WRONG }, { path, headers: RIGHT });
    expect(replies.map(({ status }) => status)).toEqual([403, 400]);
    expect(calls).toBe(2);
  });
});

describe.each(ADAPTERS)('interceptors on %s', (adapter) => {
  const order: string[] = [];
  const tracing = (name: string): NestInterceptor => ({
    intercept: (_execution, next) => {
      order.push(`${name} in`);
      return next.handle().pipe(
        map((value: unknown) => {
          order.push(`${name} out`);
          return value;
        }),
      );
    },
  });

  @Injectable()
  class WrappingInterceptor implements NestInterceptor {
    intercept(_execution: ExecutionContext, next: CallHandler): Observable<unknown> {
      return next.handle().pipe(map((value: unknown) => (value instanceof StreamableFile ? value : { wrapped: value })));
    }
  }

  @UseInterceptors(tracing('class'))
  @StageHandler('/traced', { request: false })
  class TracedHandler {
    @UseInterceptors(tracing('run'))
    run() {
      order.push('run');
      return { traced: true };
    }
  }

  @StageHandler('/stream', { request: false })
  class StreamHandler {
    async *run() {
      yield { item: 1 };
    }
  }

  it('surround the handler from the app over the class to run', async () => {
    order.length = 0;
    const configure = (app: INestApplication) => void app.useGlobalInterceptors(tracing('global'));
    await ask({ adapter, providers: [TracedHandler], configure }, { path: '/traced' });
    expect(order).toEqual(['global in', 'class in', 'run in', 'run', 'run out', 'class out', 'global out']);
  });

  it('by APP_INTERCEPTOR may map the value, and see a stream as a StreamableFile', async () => {
    const providers = [TracedHandler, StreamHandler, { provide: APP_INTERCEPTOR, useClass: WrappingInterceptor }];
    const [value, stream] = await ask({ adapter, providers }, { path: '/traced' }, { path: '/stream' });
    expect(value.json).toEqual({ wrapped: { traced: true } });
    expect(stream.text).toBe('data: {"item":1}\n\n');
  });

  it('may map an error', async () => {
    @UseInterceptors({
      intercept: (_execution: ExecutionContext, next: CallHandler) =>
        next.handle().pipe(
          map(() => {
            throw new NotFoundException('Nothing of that kind');
          }),
        ),
    })
    @StageHandler('/mapped', { request: false })
    class MappedHandler {
      run() {
        return {};
      }
    }
    const [reply] = await ask({ adapter, providers: [MappedHandler] }, { path: '/mapped' });
    expect(reply).toMatchObject({ status: 404, json: { error: 'not_found', message: 'Nothing of that kind' } });
  });
});

describe.each(ADAPTERS)('pipes on %s', (adapter) => {
  class PersonRequest {
    @IsString() name: string;
  }

  class VisitRequest extends PersonRequest {
    @FromPath() @IsInt() id: number;
  }

  @StageHandler('/person', { request: PersonRequest, unknownFields: 'keep' })
  class PersonHandler {
    run(person: PersonRequest) {
      return { isInstance: person instanceof PersonRequest, ...person };
    }
  }

  @StageHandler('/visits/:id', { request: VisitRequest, method: 'PUT' })
  class VisitHandler {
    run(visit: VisitRequest) {
      return { ...visit };
    }
  }

  const strict = new ValidationPipe({ transform: true, whitelist: true, forbidNonWhitelisted: true });

  it.each([
    ['by APP_PIPE', [{ provide: APP_PIPE, useValue: strict }], undefined],
    ['by useGlobalPipes', [], (app: INestApplication) => void app.useGlobalPipes(strict)],
  ])('see the body with its DTO: %s', async (_where, pipes, configure) => {
    const replies = await ask(
      { adapter, providers: [PersonHandler, ...pipes], configure },
      { path: '/person', body: { name: 'ann' } },
      { path: '/person', body: { name: 'ann', age: 5 } },
      { path: '/person', body: { name: 5 } },
    );
    expect(replies[0]).toMatchObject({ status: 200, json: { isInstance: true, name: 'ann' } });
    expect(replies[1]).toMatchObject({ status: 400, json: { message: 'property age should not exist' } });
    expect(replies[2]).toMatchObject({ status: 400, json: { message: 'name must be a string' } });
  });

  it('with whitelist drop a field before our own validation keeps it', async () => {
    const configure = (app: INestApplication) => void app.useGlobalPipes(new ValidationPipe({ transform: true, whitelist: true }));
    const [reply] = await ask({ adapter, providers: [PersonHandler], configure }, { path: '/person', body: { name: 'ann', age: 5 } });
    expect(reply.json).toEqual({ isInstance: true, name: 'ann' });
  });

  it('do not refuse the half of a request that is in the body', async () => {
    const providers = [VisitHandler, { provide: APP_PIPE, useValue: strict }];
    const [reply] = await ask({ adapter, providers }, { path: '/visits/4', method: 'PUT', body: { name: 'ann' } });
    expect(reply).toMatchObject({ status: 200, json: { id: 4, name: 'ann' } });
  });
});

describe.each(ADAPTERS)('filters on %s', (adapter) => {
  class TeapotError extends Error {}

  @Catch(TeapotError)
  class TeapotFilter implements ExceptionFilter {
    catch(error: TeapotError, host: ArgumentsHost): void {
      replyOf(host).status(418).send({ teapot: error.message });
    }
  }

  @Catch()
  class CatchAllFilter implements ExceptionFilter {
    catch(_error: unknown, host: ArgumentsHost): void {
      replyOf(host).status(599).send({ caught: 'all' });
    }
  }

  @UseFilters(TeapotFilter)
  @StageHandler('/filtered/class', { request: false })
  class FilteredClassHandler {
    run(body: { kind?: string }) {
      throw body.kind === 'tea' ? new TeapotError('class') : new Error('secret');
    }
  }

  @StageHandler('/filtered/run', { request: false })
  class FilteredRunHandler {
    @UseFilters(new TeapotFilter())
    run() {
      throw new TeapotError('run');
    }
  }

  @UseFilters(CatchAllFilter)
  @StageHandler('/filtered/all', { request: false })
  class FilteredAllHandler {
    run() {
      throw new Error('secret');
    }
  }

  @StageHandler('/plain', { request: false })
  class PlainHandler {
    run(body: { kind?: string }) {
      throw body.kind === 'tea' ? new TeapotError('plain') : new Error('secret');
    }
  }

  @Controller('own')
  class OwnController {
    @Post()
    fail() {
      throw new BadRequestException('own');
    }
  }

  const TEA = { kind: 'tea' };

  it('on the class and on run answer their errors, ours the others', async () => {
    const replies = await ask(
      { adapter, providers: [FilteredClassHandler, FilteredRunHandler] },
      { path: '/filtered/class', body: TEA },
      { path: '/filtered/class' },
      { path: '/filtered/run' },
    );
    expect(replies[0]).toMatchObject({ status: 418, json: { teapot: 'class' } });
    expect(replies[1]).toMatchObject({ status: 500, json: { error: 'internal_error' } });
    expect(replies[2]).toMatchObject({ status: 418, json: { teapot: 'run' } });
    for (const { headers } of replies) expect(headers.logid).toBeDefined();
  });

  it('that catch all take over a handler whose class they stand on', async () => {
    const [reply] = await ask({ adapter, providers: [FilteredAllHandler] }, { path: '/filtered/all' });
    expect(reply).toMatchObject({ status: 599, json: { caught: 'all' } });
  });

  it.each([
    ['APP_FILTER', [{ provide: APP_FILTER, useClass: TeapotFilter }], undefined],
    ['useGlobalFilters', [], (app: INestApplication) => void app.useGlobalFilters(new TeapotFilter())],
  ])('for a specific error win by %s', async (_where, filters, configure) => {
    const options = { adapter, providers: [PlainHandler, ...filters], configure };
    const replies = await ask(options, { path: '/plain', body: TEA }, { path: '/plain' });
    expect(replies[0]).toMatchObject({ status: 418, json: { teapot: 'plain' } });
    expect(replies[1]).toMatchObject({ status: 500, json: { error: 'internal_error' } });
  });

  it.each([
    ['APP_FILTER', [{ provide: APP_FILTER, useClass: CatchAllFilter }], undefined],
    ['useGlobalFilters', [], (app: INestApplication) => void app.useGlobalFilters(new CatchAllFilter())],
  ])("that catch all by %s keep the app's own routes and leave stage routes alone", async (_where, filters, configure) => {
    const options = { adapter, providers: [PlainHandler, ...filters], controllers: [OwnController], configure };
    const replies = await ask(options, { path: '/plain' }, { path: '/own' }, { path: '/nowhere' });
    expect(replies[0]).toMatchObject({ status: 500, json: { error: 'internal_error' } });
    expect(replies[1]).toMatchObject({ status: 599, json: { caught: 'all' } });
    expect(replies[2]).toMatchObject({ status: 599, json: { caught: 'all' } });
  });
});

describe.each(ADAPTERS)('paths on %s', (adapter) => {
  /** Longer than what Nest's own parser takes: served only where the route is known by its real path. */
  const LONG = { text: 'x'.repeat(150_000) };

  const greeting = (path: string, options: { version?: string | string[]; answer: string }) => {
    @StageHandler(path, { request: false, version: options.version, maxBodyBytes: 200_000 })
    class GreetHandler {
      run(body: { text?: string }) {
        return { answer: options.answer, length: body.text?.length };
      }
    }
    return GreetHandler;
  };

  const statuses = (replies: RawReply[]) => replies.map(({ status }) => status);
  const answers = (replies: RawReply[]) => replies.map(({ json }) => json.answer as string);

  it('stand below a global prefix, but for those that it excludes', async () => {
    const configure = (app: INestApplication) => void app.setGlobalPrefix('api', { exclude: ['/free', '/health'] });
    const providers = [greeting('/greet', { answer: 'prefixed' }), greeting('/free', { answer: 'free' })];
    const replies = await ask(
      { adapter, providers, configure },
      { path: '/api/greet', body: LONG },
      { path: '/free', body: LONG },
      { path: '/greet' },
      { path: '/api/free' },
      { path: '/health', method: 'GET' },
      { path: '/api/health/ready', method: 'GET' },
    );
    expect(statuses(replies)).toEqual([200, 200, 404, 404, 200, 200]);
    expect(answers(replies.slice(0, 2))).toEqual(['prefixed', 'free']);
  });

  it('may carry versions in the URI, two of them on one path', async () => {
    const configure = (app: INestApplication) => void app.enableVersioning({ type: VersioningType.URI });
    const providers = [greeting('/greet', { version: '1', answer: 'one' }), greeting('/greet', { version: ['2', '3'], answer: 'two' })];
    const paths = ['/v1/greet', '/v2/greet', '/v3/greet', '/v4/greet', '/greet'];
    const replies = await ask({ adapter, providers, configure }, ...paths.map((path) => ({ path, body: LONG })), {
      path: '/health',
      method: 'GET',
    });
    expect(statuses(replies)).toEqual([200, 200, 200, expect.anything(), expect.anything(), 200]);
    for (const { status } of replies.slice(3, 5)) expect([404, 413]).toContain(status); // 413: no route of ours takes more than Nest's parser
    expect(answers(replies.slice(0, 3))).toEqual(['one', 'two', 'two']);
  });

  it('that carry versions are a fault at start where the app has no versioning', async () => {
    const providers = [greeting('/greet', { version: '1', answer: 'one' }), greeting('/free', { answer: 'free' })];
    await expect(startTestService({ adapter, providers })).rejects.toThrow(
      /^GreetHandler \('\/greet'\) has a "version", but the app has no versioning: call app\.enableVersioning\(\) before it listens/,
    );
  });

  it('may carry versions in a header, two of them on one path', async () => {
    const configure = (app: INestApplication) => void app.enableVersioning({ type: VersioningType.HEADER, header: 'x-version' });
    const providers = [greeting('/greet', { version: '1', answer: 'one' }), greeting('/greet', { version: '2', answer: 'two' })];
    const with_ = (version: string) => ({ path: '/greet', body: LONG, headers: { 'x-version': version } });
    const replies = await ask({ adapter, providers, configure, options: { takeOver: true } }, with_('1'), with_('2'), with_('3'), {
      path: '/greet',
      method: 'GET',
    });
    expect(statuses(replies)).toEqual([200, 200, 404, 405]);
    expect(answers(replies.slice(0, 2))).toEqual(['one', 'two']);
  });

  it('stand below the path that RouterModule gives their module', async () => {
    @Module({ providers: [greeting('/report', { answer: 'admin' })] })
    class AdminModule {}
    const imports = [AdminModule, RouterModule.register([{ path: 'admin', module: AdminModule }])];
    const replies = await ask({ adapter, imports }, { path: '/admin/report', body: LONG }, { path: '/report' });
    expect(statuses(replies)).toEqual([200, 404]);
    expect(answers(replies.slice(0, 1))).toEqual(['admin']);
  });

  it('answer to a trailing slash and any case as the adapter does, long bodies included', async () => {
    const providers = [greeting('/Greet', { answer: 'hi' })];
    const [exact, slash] = await ask({ adapter, providers }, { path: '/Greet', body: LONG }, { path: '/Greet/', body: LONG });
    expect(exact.status).toBe(200);
    expect(slash.status).toBe(adapter === 'express' ? 200 : 404);
  });
});

describe.each(ADAPTERS)('the API document on %s', (adapter) => {
  class OrderRequest {
    @FromPath() @IsInt() id: number;
    @FromQuery() @IsOptional() @IsString() note?: string;
    @ApiProperty() @IsString() item: string;
  }

  class OrderResponse {
    @ApiProperty() @IsString() receipt: string;
  }

  class PlainRequest {
    @ApiProperty() @IsString() text: string;
  }

  @StageHandler('/orders/:id', { method: 'PUT', request: OrderRequest, response: OrderResponse, status: 202 })
  class OrderHandler {
    run({ item }: OrderRequest): OrderResponse {
      return { receipt: item };
    }
  }

  @ApiTags('texts')
  @StageHandler('/texts', { request: PlainRequest })
  class TextHandler {
    run(request: PlainRequest) {
      return request;
    }
  }

  it('lists paths, schemas, parameters and statuses', async () => {
    const service = await startTestService({
      adapter,
      providers: [OrderHandler, TextHandler],
      configure: (app) => void app.setGlobalPrefix('api'),
    });
    const document = SwaggerModule.createDocument(service.app, new DocumentBuilder().build());
    await service.close();
    const paths = ['/api/health', '/api/health/live', '/api/health/ready', '/api/orders/{id}', '/api/texts'];
    expect(Object.keys(document.paths)).toEqual(expect.arrayContaining(paths));
    const order = document.paths['/api/orders/{id}'].put;
    expect(order?.tags).toEqual(['OrderHandler']);
    expect(order?.parameters).toEqual([
      expect.objectContaining({ in: 'path', name: 'id', required: true, schema: { type: 'number' } }),
      expect.objectContaining({ in: 'query', name: 'note', required: false, schema: { type: 'string' } }),
    ]);
    expect(order?.requestBody).toMatchObject({
      content: { 'application/json': { schema: { $ref: '#/components/schemas/OrderRequest' } } },
    });
    expect(order?.responses).toMatchObject({
      202: { content: { 'application/json': { schema: { $ref: '#/components/schemas/OrderResponse' } } } },
    });
    const text = document.paths['/api/texts'].post;
    expect(text?.tags).toEqual(['texts']);
    expect(text?.requestBody).toMatchObject({
      content: { 'application/json': { schema: { $ref: '#/components/schemas/PlainRequest' } } },
    });
    expect(document.components?.schemas).toEqual({
      OrderRequest: { type: 'object', properties: { item: { type: 'string' } }, required: ['item'] },
      OrderResponse: { type: 'object', properties: { receipt: { type: 'string' } }, required: ['receipt'] },
      PlainRequest: { type: 'object', properties: { text: { type: 'string' } }, required: ['text'] },
    });
  });
});

describe.each(ADAPTERS)('replies on %s', (adapter) => {
  @UseGuards(HeaderGuard)
  @UseInterceptors(HeaderInterceptor)
  @StageHandler('/reply', { request: false })
  class ReplyHandler {
    @Header('x-header', 'passed')
    run({ kind }: { kind: string }, context: StageContext) {
      context.response.setHeader('x-stage', 'passed');
      if (kind === 'value') return { value: 1 };
      if (kind === 'text') return 'text';
      if (kind === 'bytes') return Buffer.from('bytes');
      if (kind === 'readable') return Readable.from(['bytes'], { objectMode: false });
      if (kind === 'error') throw new BadRequestException('no');
      return this.items();
    }

    private async *items() {
      yield { item: 1 };
      yield { item: 2 };
    }
  }

  let service: TestService;
  beforeAll(async () => {
    service = await startTestService({
      adapter,
      providers: [ReplyHandler, { provide: APP_GUARD, useClass: ThrottlerGuard }],
      imports: [ThrottlerModule.forRoot([{ ttl: 60_000, limit: 1000 }])],
      configure: (app) => {
        app.enableCors({ origin: 'https://app.example', credentials: true });
        app.use(helmet());
      },
    });
  });
  afterAll(() => service.close());

  const SET = {
    'a guard': { 'x-guard': 'passed' },
    'an interceptor': { 'x-interceptor': 'passed' },
    '@Header': { 'x-header': 'passed' },
    CORS: { 'access-control-allow-origin': 'https://app.example', 'access-control-allow-credentials': 'true' },
    'CORS, for the log id': { 'access-control-expose-headers': 'logid, x-request-id' },
    helmet: { 'x-content-type-options': 'nosniff', 'content-security-policy': expect.stringContaining("default-src 'self'") },
    'the throttler': { 'x-ratelimit-limit': '1000', 'x-ratelimit-remaining': expect.stringMatching(/^\d+$/) },
    'the context': { 'x-stage': 'passed' },
    'the service': { logid: expect.stringMatching(/^\d{19}$/), 'x-request-id': expect.stringMatching(/^\d{19}$/) },
  };

  const KINDS = { plain: 'value', text: 'text', streamed: 'stream', binary: 'bytes', 'binary of a Readable': 'readable', error: 'error' };

  const TABLE = Object.entries(KINDS).flatMap(([name, kind]) => Object.entries(SET).map(([by, headers]) => ({ name, kind, by, headers })));

  it.each(TABLE.filter(({ kind, by }) => kind !== 'error' || by !== 'the context'))(
    'keep on a $name reply what is set by $by',
    async (each) => {
      const body = JSON.stringify({ kind: each.kind });
      const reply = await send(service.url, { path: '/reply', headers: { ...JSON_TYPE, origin: 'https://app.example' }, body });
      expect(reply.status).toBe(each.kind === 'error' ? 400 : 200);
      expect(reply.headers).toMatchObject(each.headers);
    },
  );

  it('answer the preflight of CORS', async () => {
    const headers = { origin: 'https://app.example', 'access-control-request-method': 'POST' };
    const reply = await send(service.url, { method: 'OPTIONS', path: '/reply', headers });
    expect(reply).toMatchObject({ status: 204, headers: { 'access-control-allow-origin': 'https://app.example' } });
    // Fastify's adapter answers a preflight before any hook that an app can add.
    if (adapter === 'express') expect(reply.headers.logid).toBeDefined();
  });
});

describe.each(ADAPTERS)('the throttler on %s', (adapter) => {
  @StageHandler('/limited', { request: false })
  class LimitedHandler {
    run() {
      return {};
    }
  }

  it('answers 429 in the body of other errors, with Retry-After', async () => {
    const replies = await ask(
      {
        adapter,
        providers: [LimitedHandler, { provide: APP_GUARD, useClass: ThrottlerGuard }],
        imports: [ThrottlerModule.forRoot([{ ttl: 60_000, limit: 2 }])],
      },
      { path: '/limited' },
      { path: '/limited' },
      { path: '/limited' },
    );
    expect(replies.map(({ status }) => status)).toEqual([200, 200, 429]);
    expect(replies[2].json).toEqual({
      code: 429,
      error: 'rate_limited',
      message: 'ThrottlerException: Too Many Requests',
      data: null,
      logid: replies[2].headers.logid,
    });
    expect(replies[2].headers['retry-after']).toBe('60');
  });
});
