import { tracingChannel } from 'node:diagnostics_channel';
import type { IncomingMessage, ServerResponse } from 'node:http';
import {
  type ArgumentsHost,
  type CallHandler,
  type CanActivate,
  Catch,
  type ExceptionFilter,
  type ExecutionContext,
  Header,
  HttpCode,
  type INestApplication,
  Inject,
  Injectable,
  type MiddlewareConsumer,
  Module,
  type NestInterceptor,
  type PipeTransform,
  Scope,
  StreamableFile,
  UseFilters,
  UseGuards,
  UseInterceptors,
  UsePipes,
  VersioningType,
} from '@nestjs/common';
import { REQUEST } from '@nestjs/core';
import { IsString } from 'class-validator';
import express from 'express';
import type { FastifyInstance } from 'fastify';
import { StageExpressAdapter } from 'nestage/express';
import { startTestService as startService } from 'nestage/testing';
import { BinaryResult, BusinessError, currentLogId, StageContext, StageHandler, WebServiceModule } from 'nestage';
import { map, of } from 'rxjs';
import { type RawReply, type RawRequest, send } from '../support/raw-http.js';
import { ADAPTERS, startTestService, type TestService, type TestServiceOptions } from '../support/test-service.js';

class Named {
  @IsString()
  name: string;
}

class Plain {
  constructor(readonly some = 'field') {}
}

async function* items(...all: readonly object[]): AsyncGenerator<object> {
  for (const item of all) yield await Promise.resolve(item);
}

/** What handlers may give, by name. */
const RESULTS: Readonly<Record<string, (context: StageContext) => unknown>> = {
  'an object': () => ({ a: [1, { b: 'ü' }] }),
  'an object later': async () => ({ later: await Promise.resolve(currentLogId() !== undefined) }),
  'an array': () => [1, 2],
  'a text': () => 'text',
  'a number': () => 42,
  null: () => null,
  nothing: () => undefined,
  'an instance': () => new Plain(),
  'an Observable': () => of(1, { last: true }),
  bytes: () => new BinaryResult(Buffer.from('bytes'), { type: 'application/x-bytes', filename: 'b.bin' }),
  'a file': () => new StreamableFile(Buffer.from('file')),
  'a web response': () => new Response('body', { status: 202, headers: { 'x-from': 'response' } }),
  'a stream': () => items({ n: 1 }, { n: 2 }),
  'a stream with a status': ({ response }) => {
    response.status = 203;
    return items({ n: 1 });
  },
  'a status and a header': ({ response }) => {
    response.status = 201;
    response.setHeader('x-one', 'two');
    return {};
  },
  'a file with a status': ({ response }) => {
    response.status = 206;
    return new BinaryResult(Buffer.from('part'), { type: 'text/plain' });
  },
  'what JSON does not know': () => ({ count: 1n }),
  'an error': () => {
    throw new BusinessError('private', { code: 'not_found' });
  },
  'an error later': () => Promise.reject(new Error('private')),
  'an error in a stream': async function* () {
    yield* items({ n: 1 });
    throw new Error('private');
  },
};

@StageHandler('/result', { request: false })
class ResultHandler {
  run({ kind }: { kind: string }, context: StageContext): unknown {
    return RESULTS[kind](context);
  }
}

@StageHandler('/named', { request: Named, response: Named, status: 201 })
class NamedHandler {
  run({ name }: Named): Named {
    return { name };
  }
}

@StageHandler('/get', { method: 'GET', request: false })
class GetHandler {
  run(input: object): object {
    return { ...input };
  }
}

@StageHandler('/get-stream', { method: 'GET', request: false })
class GetStreamHandler {
  run(): AsyncIterable<object> {
    return items({ n: 1 }, { n: 2 });
  }
}

@Injectable()
class Nothing implements NestInterceptor {
  intercept(_context: ExecutionContext, next: CallHandler): ReturnType<CallHandler['handle']> {
    return next.handle();
  }
}

const POST = (path: string, body: unknown): RawRequest => ({
  path,
  headers: { 'content-type': 'application/json' },
  body: JSON.stringify(body),
});

const CASES: Readonly<Record<string, RawRequest>> = {
  ...Object.fromEntries(Object.keys(RESULTS).map((kind) => [kind, POST('/result', { kind })])),
  'a good request': POST('/named', { name: 'Ada' }),
  'a bad request': POST('/named', { name: 1 }),
  'no JSON': { ...POST('/named', {}), body: '{' },
  'no body': { path: '/named', headers: { 'content-type': 'application/json' } },
  'a query': { method: 'GET', path: '/get?a=1' },
  HEAD: { method: 'HEAD', path: '/get' },
  'HEAD of a stream': { method: 'HEAD', path: '/get-stream' },
  'a slash at the end': POST('/named/', { name: 'Ada' }),
  'another case': POST('/NAMED', { name: 'Ada' }),
  'a method that is not there': { method: 'PUT', path: '/named' },
};

/** All of an answer but what differs by time and id. */
function essence({ status, headers, text }: RawReply): unknown {
  const { date, logid, 'x-request-id': requestId, ...others } = headers;
  const id = String(logid);
  expect([typeof date, requestId]).toEqual(['string', id]);
  return { status, headers: others, text: text.replaceAll(id, '<id>') };
}

describe.each(ADAPTERS)('a route that nothing of Nest surrounds, on %s', (adapter) => {
  const started: TestService[] = [];
  const providers = [ResultHandler, NamedHandler, GetHandler, GetStreamHandler];

  async function start(options: Omit<TestServiceOptions, 'adapter'> = { providers }): Promise<string> {
    const service = await startTestService({ adapter, ...options });
    started.push(service);
    return service.url;
  }

  afterEach(() => Promise.all(started.splice(0).map((service) => service.close())));

  it('answers byte by byte as one with an interceptor that does nothing', async () => {
    const bare = await start();
    const surrounded = await start({ providers, configure: (app) => void app.useGlobalInterceptors(new Nothing()) });
    for (const [name, request] of Object.entries(CASES)) {
      const [one, other] = [await send(bare, request), await send(surrounded, request)];
      expect([name, essence(one)]).toEqual([name, essence(other)]);
    }
  });

  it('has its streams written past the adapter', async () => {
    const url = await start();
    const reply = jest.spyOn(started[0].app.getHttpAdapter(), 'reply');
    expect((await send(url, POST('/result', { kind: 'a stream' }))).text).toBe('data: {"n":1}\n\ndata: {"n":2}\n\n');
    expect(reply).not.toHaveBeenCalled();
  });

  it('is answered before Nest has made any promise for it', async () => {
    const url = await start();
    const replied: boolean[] = [];
    const httpAdapter = started[0].app.getHttpAdapter();
    const reply = httpAdapter.reply.bind(httpAdapter);
    jest.spyOn(httpAdapter, 'reply').mockImplementation((...given: Parameters<typeof reply>) => {
      replied.push(/router-execution-context/.test(new Error('who asks').stack ?? ''));
      return reply(...given) as unknown;
    });
    expect((await send(url, POST('/named', { name: 'Ada' }))).json).toEqual({ name: 'Ada' });
    expect((await send(url, POST('/result', { kind: 'an instance' }))).json).toEqual({ some: 'field' });
    expect(replied).toEqual([false, true]);
  });

  describe('once something surrounds it', () => {
    const called: string[] = [];
    beforeEach(() => called.splice(0));

    @Injectable()
    class Guard implements CanActivate {
      canActivate(execution: ExecutionContext): boolean {
        called.push(`guard of ${execution.getClass().name}`);
        return execution.switchToHttp().getRequest<IncomingMessage>().headers['x-key'] !== 'wrong';
      }
    }

    @Injectable()
    class Wrapper implements NestInterceptor {
      intercept(_context: ExecutionContext, next: CallHandler) {
        return next.handle().pipe(map((value: unknown) => ({ wrapped: value })));
      }
    }

    @Injectable()
    class Upper implements PipeTransform {
      transform(value: unknown): unknown {
        called.push('pipe');
        return typeof value === 'object' && value !== null && 'name' in value ? { ...value, name: 'PIPED' } : value;
      }
    }

    @Catch(BusinessError)
    class Teapot implements ExceptionFilter {
      catch(_error: unknown, host: ArgumentsHost): void {
        const reply = host.switchToHttp().getResponse<{ status(code: number): { send(body: unknown): void } }>();
        reply.status(418).send({ filtered: true });
      }
    }

    @UseGuards(Guard)
    @StageHandler('/guarded', { request: false })
    class GuardedHandler {
      run(): object {
        return {};
      }
    }

    @UseInterceptors(Wrapper)
    @StageHandler('/wrapped', { request: false })
    class WrappedHandler {
      run(): object {
        return { a: 1 };
      }
    }

    @StageHandler('/piped', { request: Named })
    class PipedHandler {
      @UsePipes(Upper)
      run(request: Named): Named {
        return request;
      }
    }

    @StageHandler('/headed', { request: false })
    class HeadedHandler {
      @Header('x-head', 'yes')
      @HttpCode(202)
      run(): object {
        return {};
      }
    }

    @UseFilters(Teapot)
    @StageHandler('/filtered', { request: false })
    class FilteredHandler {
      run(): never {
        throw new BusinessError('private', { code: 'not_found' });
      }
    }

    @StageHandler('/coded', { request: false })
    class CodedHandler {
      @HttpCode(202)
      run(): object {
        return {};
      }
    }

    const surrounded = [CodedHandler, GuardedHandler, WrappedHandler, PipedHandler, HeadedHandler, FilteredHandler];

    it('calls guards, interceptors, pipes and filters, and sets headers, of the handler', async () => {
      const url = await start({ providers: surrounded });
      expect((await send(url, POST('/guarded', {}))).status).toBe(200);
      expect((await send(url, { ...POST('/guarded', {}), headers: { 'content-type': 'application/json', 'x-key': 'wrong' } })).status).toBe(
        403,
      );
      expect(called).toEqual(['guard of GuardedHandler', 'guard of GuardedHandler']);
      expect((await send(url, POST('/wrapped', {}))).json).toEqual({ wrapped: { a: 1 } });
      expect((await send(url, POST('/piped', { name: 'Ada' }))).json).toEqual({ name: 'PIPED' });
      expect((await send(url, POST('/coded', {}))).status).toBe(202);
      const headed = await send(url, POST('/headed', {}));
      expect([headed.status, headed.headers['x-head']]).toEqual([202, 'yes']);
      const filtered = await send(url, POST('/filtered', {}));
      expect([filtered.status, filtered.json]).toEqual([418, { filtered: true }]);
    });

    it.each<[string, (app: INestApplication) => unknown, unknown]>([
      ['a guard', (app) => app.useGlobalGuards(new Guard()), ['guard of NamedHandler']],
      ['a pipe', (app) => app.useGlobalPipes(new Upper()), ['pipe']],
    ])('calls %s of the app', async (_name, configure, expected) => {
      const url = await start({ providers, configure: (app) => void configure(app) });
      expect((await send(url, POST('/named', { name: 'Ada' }))).status).toBe(201);
      expect(called).toEqual(expected);
    });

    it('goes through middleware of the app and of its modules', async () => {
      const note = (name: string) => (_request: IncomingMessage, response: ServerResponse, next: () => void) => {
        response.setHeader(`x-${name}`, 'passed');
        next();
      };

      @Module({ imports: [WebServiceModule.forRoot()], providers })
      class AppModule {
        configure(consumer: MiddlewareConsumer): void {
          consumer.apply(note('module')).forRoutes('named');
        }
      }
      const url = await start({ root: AppModule, configure: (app) => void app.use(note('app')) });
      const { headers, json } = await send(url, POST('/named', { name: 'Ada' }));
      expect([headers['x-module'], headers['x-app'], json]).toEqual(['passed', 'passed', { name: 'Ada' }]);
    });

    it('chooses among versions', async () => {
      @StageHandler('/versioned', { request: false, version: '1' })
      class First {
        run(): object {
          return { version: 1 };
        }
      }
      @StageHandler('/versioned', { request: false, version: '2' })
      class Second {
        run(): object {
          return { version: 2 };
        }
      }
      const url = await start({
        providers: [First, Second],
        configure: (app) => void app.enableVersioning({ type: VersioningType.HEADER, header: 'x-version' }),
      });
      for (const version of ['1', '2']) {
        const headers = { 'content-type': 'application/json', 'x-version': version };
        expect((await send(url, { ...POST('/versioned', {}), headers })).json).toEqual({ version: Number(version) });
      }
    });
  });
});

describe('a route that nothing of Nest surrounds, on Fastify with hooks that take their time', () => {
  it('sends each answer once, through the hooks', async () => {
    const service = await startTestService({
      adapter: 'fastify',
      providers: [ResultHandler],
      configure: (app) => {
        const instance = app.getHttpAdapter().getInstance() as FastifyInstance;
        instance.addHook('onSend', async (_request, reply, payload) => {
          await new Promise((resolve) => setTimeout(resolve, 5));
          reply.header('x-hook', 'passed');
          return payload;
        });
      },
    });
    try {
      for (const kind of ['an object', 'an object later', 'a text', 'bytes', 'a file', 'a stream', 'an error', 'an error later']) {
        const { status, headers, text } = await send(service.url, POST('/result', { kind }));
        expect([kind, headers['x-hook'], status < 500 || kind === 'an error later', text.length > 0]).toEqual([kind, 'passed', true, true]);
      }
      expect(service.log.messages.filter((message) => message.includes('already sent'))).toEqual([]);
    } finally {
      await service.close();
    }
  });
});

describe('the way past the router of Express', () => {
  @StageHandler('/seen', { request: false })
  class SeenHandler {
    run(): object {
      return {};
    }
  }

  it('leaves what Express tells of a request to whoever surrounds its route', async () => {
    const configure = (app: INestApplication): void => void app.useGlobalInterceptors(new Nothing());
    const service = await startTestService({ adapter: 'express', providers: [SeenHandler], configure });
    const seen: unknown[] = [];
    service.app.getHttpServer().prependListener('request', (request: IncomingMessage, response: ServerResponse) => {
      response.once('finish', () => {
        const { locals } = response as ServerResponse & { locals?: unknown };
        const { route, params, originalUrl, baseUrl } = request as IncomingMessage & Record<string, any>; // eslint-disable-line @typescript-eslint/no-explicit-any -- Express's
        seen.push([route?.path, Object.keys(params as object), originalUrl, baseUrl, Object.keys(locals as object)]);
      });
    });
    try {
      await send(service.url, POST('/seen?a=1', {}));
      expect(seen).toEqual([['/seen', [], '/seen?a=1', '', []]]);
    } finally {
      await service.close();
    }
  });

  it('leaves it to handlers that are made for one request', async () => {
    @Injectable({ scope: Scope.REQUEST })
    @StageHandler('/scoped', { request: false })
    class ScopedHandler {
      constructor(@Inject(REQUEST) private readonly request: IncomingMessage & Record<string, unknown>) {}

      run(): object {
        const { originalUrl, baseUrl, params } = this.request;
        return { originalUrl, baseUrl, params };
      }
    }
    const service = await startTestService({ adapter: 'express', providers: [ScopedHandler] });
    try {
      expect((await send(service.url, POST('/scoped?a=1', {}))).json).toEqual({ originalUrl: '/scoped?a=1', baseUrl: '', params: {} });
    } finally {
      await service.close();
    }
  });

  it('is not taken while somebody traces Express', async () => {
    const service = await startTestService({ adapter: 'express', providers: [SeenHandler] });
    const layers: unknown[] = [];
    const { start } = tracingChannel<'express.router.request', { readonly route?: unknown }>('express.router.request');
    const listener = ({ route }: { readonly route?: unknown }): number => layers.push(route);
    try {
      await send(service.url, POST('/seen', {}));
      start.subscribe(listener as never);
      await send(service.url, POST('/seen', {}));
      expect(layers).toContain('/seen');
    } finally {
      start.unsubscribe(listener as never);
      await service.close();
    }
  });

  it.each(['before Nest has the app', 'after'])('passes no middleware of an app of one’s own, registered %s', async (when) => {
    const app = express();
    const refuse = (_request: unknown, response: express.Response): unknown => response.status(401).json({ refused: true });
    if (when === 'before Nest has the app') app.use(refuse);
    const adapter = new StageExpressAdapter(app);
    adapter.disable('x-powered-by');
    const service = await startService({
      adapter,
      providers: [SeenHandler],
      configure: (nest) => void (when === 'after' && nest.use(refuse)),
    });
    try {
      const { status, json } = await send(service.url, POST('/seen', {}));
      expect([status, json]).toEqual([401, { refused: true }]);
    } finally {
      await service.close();
    }
  });

  it('is as long as Express names itself', async () => {
    const service = await startService({ adapter: new StageExpressAdapter(), providers: [SeenHandler] });
    try {
      expect((await send(service.url, POST('/seen', {}))).headers['x-powered-by']).toBe('Express');
    } finally {
      await service.close();
    }
  });

  it('sees what is registered later', async () => {
    const service = await startTestService({ adapter: 'express', providers: [SeenHandler] });
    const instance = service.app.getHttpAdapter().getInstance() as express.Express;
    try {
      expect((await send(service.url, POST('/seen', {}))).json).toEqual({});
      instance.post('/seen', (_request, response) => response.json({ other: true }));
      const { stack } = instance.router;
      const gate = stack.findIndex(({ name }) => name === 'nestageGate');
      stack.splice(gate + 1, 0, ...stack.splice(stack.length - 1, 1));
      expect((await send(service.url, POST('/seen', {}))).json).toEqual({ other: true });
    } finally {
      await service.close();
    }
  });
});
