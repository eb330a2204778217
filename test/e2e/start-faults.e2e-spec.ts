import { type DynamicModule, Injectable, Module, type ModuleMetadata, Scope, type Type, VersioningType } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { ExpressAdapter } from '@nestjs/platform-express';
import { InferDto, OptionError, StageHandler, StageModel, StartFaultError, WebServiceModule, type StageHandlerOptions } from 'nestage';
import { images } from 'nestage/uploads';
import { ADAPTERS, adapterOf } from '../support/test-service.js';

class EchoRequest {
  text: string;
}

/** A decorator past the types, as plain JavaScript would use it. */
const untyped = (path: string, options: object = { request: false }): ClassDecorator =>
  StageHandler(path, options as StageHandlerOptions) as unknown as ClassDecorator;

@StageHandler('/echo', { request: false })
class EchoHandler {
  run(input: unknown): unknown {
    return input;
  }
}

const root = (options: object = {}): DynamicModule => WebServiceModule.forRoot({ logging: { file: false, console: false }, ...options });

function moduleOf({ imports = [root()], ...metadata }: ModuleMetadata): Type {
  @Module({ imports, ...metadata })
  class AppModule {}
  return AppModule;
}

describe.each(ADAPTERS)('a fault at start on %s', (adapter) => {
  /** What an app dies of, created and initialized as an ordinary Nest app. */
  async function faultOf(appModule: Type): Promise<Error> {
    let thrown: unknown;
    try {
      const app = await NestFactory.create(appModule, adapterOf(adapter), { logger: false, abortOnError: false });
      try {
        await app.init();
      } catch (error) {
        thrown = error;
      }
      await app.close();
    } catch (error) {
      thrown = error;
    }
    if (!(thrown instanceof Error)) throw new Error('the app started');
    return thrown;
  }

  async function expectFault(metadata: ModuleMetadata, message: string): Promise<void> {
    const fault = await faultOf(moduleOf(metadata));
    expect(fault.message).toBe(message);
    expect(fault).toBeInstanceOf(StartFaultError);
  }

  async function expectOptionFault(metadata: ModuleMetadata, message: string): Promise<void> {
    const fault = await faultOf(moduleOf(metadata));
    expect(fault.message).toBe(message);
    expect(fault).toBeInstanceOf(OptionError);
  }

  it('names both classes of a path that is declared twice', async () => {
    @StageHandler('/echo', { request: false })
    class OtherHandler {
      run(): void {}
    }
    await expectFault(
      { providers: [EchoHandler, OtherHandler] },
      "POST '/echo' is declared by both EchoHandler ('/echo') and OtherHandler ('/echo'): give one of them another path, method or version.",
    );
  });

  it('takes paths that differ in nothing that a router would see for the same', async () => {
    @StageHandler('/Echo/', { request: false })
    class SlashHandler {
      run(): void {}
    }
    await expectFault(
      { providers: [EchoHandler, SlashHandler] },
      "POST '/Echo/' is declared by both EchoHandler ('/echo') and SlashHandler ('/Echo/'): give one of them another path, method or version.",
    );
  });

  it('finds a path that is declared on a class and listed for another', async () => {
    @Injectable()
    class ListedHandler {
      run(): void {}
    }
    await expectFault(
      {
        imports: [root(), WebServiceModule.forFeature([{ path: '/echo', handler: ListedHandler, options: { request: false } }])],
        providers: [EchoHandler, ListedHandler],
      },
      "POST '/echo' is declared by both EchoHandler ('/echo') and ListedHandler ('/echo'): give one of them another path, method or version.",
    );
  });

  it('finds paths that differ in the names of their parameters only', async () => {
    @StageHandler('/pages/:page/lines', { request: false, method: 'GET' })
    class PageHandler {
      run(): void {}
    }
    @StageHandler('/pages/:id/lines', { request: false, method: 'GET' })
    class IdHandler {
      run(): void {}
    }
    await expectFault(
      { providers: [PageHandler, IdHandler] },
      "GET '/pages/:id/lines' is declared by both PageHandler ('/pages/:page/lines') and IdHandler ('/pages/:id/lines'): " +
        'give one of them another path, method or version.',
    );
  });

  it('lets paths be shared by other methods and versions', async () => {
    @StageHandler('/echo', { request: false, method: 'PUT' })
    class PutHandler {
      run(): void {}
    }
    @StageHandler('/echo', { request: false, version: '2' })
    class SecondVersionHandler {
      run(): void {}
    }
    const appModule = moduleOf({ providers: [EchoHandler, PutHandler, SecondVersionHandler] });
    const app = await NestFactory.create(appModule, adapterOf(adapter), { logger: false, abortOnError: false });
    app.enableVersioning({ type: VersioningType.HEADER, header: 'x-version', defaultVersion: '1' });
    await expect(app.init()).resolves.toBe(app);
    await app.close();
  });

  it('says that the DTO of a form has no rule for its file', async () => {
    @untyped('/scan', { request: EchoRequest, upload: images({ field: 'page' }) })
    class ScanHandler {
      run(): void {}
    }
    await expectFault(
      { providers: [ScanHandler] },
      `ScanHandler ('/scan') takes files as "page", which EchoRequest has no rule for: put @IsInstance(UploadedFile) on that field.`,
    );
  });

  it('says that a class has no run', async () => {
    @untyped('/idle')
    class IdleHandler {}
    await expectFault({ providers: [IdleHandler] }, "IdleHandler ('/idle') has no run(): give the class a method run(input, context).");
  });

  it('says what a path must look like', async () => {
    @untyped('v1/echo')
    class SlashlessHandler {
      run(): void {}
    }
    await expectFault(
      { providers: [SlashlessHandler] },
      "SlashlessHandler ('v1/echo'): the path must begin with \"/\", such as '/v1/slashlesshandler'.",
    );
  });

  it('says that a listed handler is provided nowhere', async () => {
    await expectFault(
      { imports: [root(), WebServiceModule.forFeature([{ path: '/listed', handler: EchoHandler, options: { request: false } }])] },
      "EchoHandler ('/listed') is listed in forFeature but provided nowhere: add it to the providers of one module.",
    );
  });

  it('names the modules that provide a handler or model twice', async () => {
    @StageModel()
    class SharedModel {
      initialize(): void {}
    }
    @Module({ providers: [EchoHandler, SharedModel] })
    class NorthModule {}
    @Module({ providers: [EchoHandler, SharedModel] })
    class SouthModule {}
    await expectFault(
      { imports: [root(), NorthModule, SouthModule] },
      '2 faults:\n' +
        "  - EchoHandler ('/echo') is provided by NorthModule and SouthModule: provide it in one module and export it from there.\n" +
        '  - SharedModel is provided by NorthModule and SouthModule: provide it in one module and export it from there.',
    );
  });

  it('says that a handler stands among the controllers', async () => {
    await expectFault(
      { controllers: [EchoHandler] },
      "EchoHandler ('/echo') stands in the controllers of AppModule: move it to its providers.",
    );
  });

  it('says how to give a request DTO', async () => {
    class UntypedHandler {
      run(): void {}
    }
    untyped('/untyped', {})(UntypedHandler);
    await expectFault(
      { providers: [UntypedHandler] },
      "UntypedHandler ('/untyped') has no request DTO: give { request: SomeDto } to @StageHandler, put @InferDto() on " +
        'preProcess(request: SomeDto), or say { request: false } to take bodies unvalidated.',
    );
  });

  it('does not take an interface, a union or a type without decorator for a DTO', async () => {
    class PlainHandler {
      preProcess(request: EchoRequest): EchoRequest {
        return request;
      }
      run(): void {}
    }
    class UnionHandler {
      @InferDto()
      preProcess(request: EchoRequest | Date): unknown {
        return request;
      }
      run(): void {}
    }
    untyped('/plain', {})(PlainHandler);
    untyped('/union', {})(UnionHandler);
    const { message } = await faultOf(moduleOf({ providers: [PlainHandler, UnionHandler] }));
    expect(message).toMatch(/^2 faults:\n {2}- PlainHandler \('\/plain'\) has no request DTO: .*\n {2}- UnionHandler \('\/union'\) has no/);
  });

  it('says that a request-scoped handler or model can not be initialized once', async () => {
    @Injectable({ scope: Scope.REQUEST })
    class Caller {}
    @StageHandler('/scoped', { request: false })
    class ScopedHandler {
      constructor(readonly caller: Caller) {}
      initialize(): void {}
      run(): void {}
    }
    @StageModel()
    class ScopedModel {
      constructor(readonly caller: Caller) {}
      initialize(): void {}
    }
    await expectFault(
      { providers: [Caller, ScopedHandler, ScopedModel] },
      '2 faults:\n' +
        "  - ScopedHandler ('/scoped') is request-scoped and has initialize(), which runs once for all: move it to a @StageModel().\n" +
        '  - ScopedModel is request-scoped and has initialize(), which runs once for all: make it and what is injected into it singletons.',
    );
  });

  it('refuses units that inject each other', async () => {
    abstract class Second {}
    @StageModel()
    class FirstModel {
      constructor(readonly second: Second) {}
      initialize(): void {}
    }
    @Injectable()
    class Between {
      first: FirstModel;
    }
    @StageModel()
    class SecondModel {
      constructor(readonly between: Between) {}
      initialize(): void {}
    }
    const forward = { forwardRef: () => FirstModel };
    Reflect.defineMetadata('self:properties_metadata', [{ key: 'first', type: forward }], Between);
    Reflect.defineMetadata('self:paramtypes', [{ index: 0, param: { forwardRef: () => SecondModel } }], FirstModel);
    await expectFault(
      { providers: [FirstModel, Between, SecondModel] },
      'FirstModel -> SecondModel -> FirstModel inject each other, so that none can be initialized first: take one of these injections out.',
    );
  });

  it('lists all faults at once', async () => {
    @untyped('/idle')
    class IdleHandler {}
    class UntypedHandler {
      run(): void {}
    }
    untyped('/untyped', {})(UntypedHandler);
    const fault = await faultOf(moduleOf({ providers: [IdleHandler, UntypedHandler], controllers: [EchoHandler] }));
    expect(fault).toBeInstanceOf(StartFaultError);
    expect((fault as StartFaultError).faults).toEqual([
      expect.stringMatching(/^EchoHandler .*providers\.$/),
      expect.stringMatching(/^IdleHandler .*context\)\.$/),
      expect.stringMatching(/^UntypedHandler .*unvalidated\.$/),
    ]);
  });

  const known =
    '"request", "response", "method", "version", "name", "status", "validationStatus", "unknownFields", "undeclaredResponseFields", ' +
    '"maxBodyBytes", "produces", "body", "protocol"';

  it('names an option of a handler that does not exist', async () => {
    @untyped('/misspelt', { request: false, maxBodyByte: 1 })
    class MisspeltHandler {
      run(): void {}
    }
    const fault = await faultOf(moduleOf({ providers: [MisspeltHandler] }));
    expect(fault.message).toMatch(
      /^"maxBodyByte" is not an option \(known: "request", .*"protocol".*; given in @StageHandler\('\/misspelt'\) of MisspeltHandler\)\.$/,
    );
    for (const name of known.split(', ')) expect(fault.message).toContain(name);
    expect(fault).toBeInstanceOf(OptionError);
  });

  it('names an option that does not exist in the defaults, also without any handler', async () => {
    for (const providers of [[], [EchoHandler]]) {
      const fault = await faultOf(moduleOf({ imports: [root({ defaults: { timeoutSeconds: 1 } })], providers }));
      expect(fault.message).toMatch(
        /^"defaults\.timeoutSeconds" is not an option \(known: .*; given in WebServiceModule\.forRoot\(\)\)\.$/,
      );
    }
  });

  it('takes no option of one route as a default', async () => {
    const fault = await faultOf(moduleOf({ imports: [root({ defaults: { method: 'GET' } })], providers: [EchoHandler] }));
    expect(fault.message).toMatch(
      /^"defaults\.method" is not an option \(known: "defaults\.status", .*; given in WebServiceModule\.forRoot\(\)\)\.$/,
    );
  });

  it('names an option that does not exist in forRoot', async () => {
    for (const [given, name] of [
      [{ servise: 'x' }, 'servise'],
      [{ health: { cache: 1 } }, 'health.cache'],
      [{ management: { prot: 1 } }, 'management.prot'],
      [{ logging: { fil: 'x' } }, 'logging.fil'],
    ] as const) {
      const fault = await faultOf(moduleOf({ imports: [root(given)] }));
      expect(fault.message).toMatch(
        new RegExp(
          String.raw`^"${name.replace('.', String.raw`\.`)}" is not an option \(known: .*; given in WebServiceModule\.forRoot\(\)\)\.$`,
        ),
      );
    }
  });

  it.each([
    ['worker', 'nestage/threads'],
    ['execution', 'nestage/queue'],
    ['mcp', 'nestage/mcp'],
  ])('says which import the option "%s" needs', async (key, from) => {
    @untyped('/added', { request: false, [key]: {} })
    class AddedHandler {
      run(): void {}
    }
    await expectOptionFault(
      { providers: [AddedHandler] },
      `"${key}" needs ${from}: import its module beside WebServiceModule (given in @StageHandler('/added') of AddedHandler).`,
    );
    await expectOptionFault(
      { imports: [root({ defaults: { [key]: {} } })] },
      `"${key}" needs ${from}: import its module beside WebServiceModule (given in defaults of WebServiceModule.forRoot()).`,
    );
  });

  it.each([
    ['maxBodyBytes', 0, 'an integer >= 1, got 0'],
    ['maxBodyBytes', '1mb', 'an integer >= 1, got "1mb"'],
    ['status', 404, 'an integer from 200 to 299, got 404'],
    ['method', 'FETCH', 'one of "GET", "POST", "PUT", "PATCH", "DELETE", got "FETCH"'],
    ['validationStatus', 500, 'one of 400, 422, got 500'],
    ['request', {}, 'a DTO class or false, got {}'],
    ['request', [EchoRequest], 'a DTO class or false, got [null]'],
  ])('says what the option "%s" must be instead of %j', async (key, value, rule) => {
    @untyped('/ranged', { request: false, [key]: value })
    class RangedHandler {
      run(): void {}
    }
    const fault = await faultOf(moduleOf({ providers: [RangedHandler] }));
    expect(fault.message).toBe(`"${key}" must be ${rule} (set it in @StageHandler('/ranged') of RangedHandler).`);
  });

  it.each([
    [{ defaults: { maxBodyBytes: -1 } }, '"defaults.maxBodyBytes" must be an integer >= 1, got -1'],
    [{ locale: 'de' }, '"locale" must be one of "en", "zh", got "de"'],
    [{ onInitializeError: 'ignore' }, '"onInitializeError" must be one of "exit", "degrade", got "ignore"'],
    [{ shutdownGraceMs: 0.5 }, '"shutdownGraceMs" must be an integer >= 0, got 0.5'],
    [{ maxBodyBytesInFlight: 0 }, '"maxBodyBytesInFlight" must be an integer >= 1, got 0'],
    [{ service: '' }, '"service" must be a string that is not empty, got ""'],
    [{ health: { route: { path: 'health' } } }, '"health.route" must be { path } with a leading slash, or false, got {"path":"health"}'],
    [{ health: { deadlineMs: 0 } }, '"health.deadlineMs" must be an integer >= 1, got 0'],
    [{ management: { port: 65_536 } }, '"management.port" must be an integer from 0 to 65535, got 65536'],
    [{ health: [] }, '"health" must be an object, got []'],
    [{ health: null }, '"health" must be an object, got null'],
  ])('says what is out of range in forRoot(%j)', async (options, sentence) => {
    await expectOptionFault({ imports: [root(options)] }, `${sentence} (set it in WebServiceModule.forRoot()).`);
  });

  it('says the same of options that forRootAsync gives', async () => {
    const imports = [
      WebServiceModule.forRootAsync({ useFactory: async () => ({ shutdownGraceMs: -1, logging: { file: false, console: false } }) }),
    ];
    await expectOptionFault({ imports }, '"shutdownGraceMs" must be an integer >= 0, got -1 (set it in WebServiceModule.forRoot()).');
  });

  it('says that the module is imported twice', async () => {
    @Module({ imports: [root({ service: 'other' })] })
    class InnerModule {}
    await expectFault(
      { imports: [root(), InnerModule] },
      'WebServiceModule.forRoot() is imported more than once: keep the import of the root module only.',
    );
  });

  it('names a health check whose name is taken', async () => {
    const checks = [
      { name: 'redis', check: () => undefined },
      { name: 'redis', check: () => undefined },
    ];
    const text = (name: string): string =>
      `Two health checks are named "${name}": give one of them another name (checks come from health.checks of ` +
      'WebServiceModule.forRoot() and from handlers and models with a checkHealth method).';
    await expectFault({ imports: [root({ health: { checks } })] }, text('redis'));

    @StageModel()
    class CheckedModel {
      async checkHealth(): Promise<void> {}
    }
    const taken = [{ name: 'CheckedModel', check: () => undefined }];
    await expectFault({ imports: [root({ health: { checks: taken } })], providers: [CheckedModel] }, text('CheckedModel'));
  });
});

describe('a fault at start', () => {
  it('names an adapter that is not supported', async () => {
    class KoaAdapter extends ExpressAdapter {
      override getType(): string {
        return 'koa';
      }
    }
    const app = await NestFactory.create(moduleOf({}), new KoaAdapter(), { logger: false, abortOnError: false });
    const create = app.init();
    await expect(create).rejects.toThrow(
      'The HTTP adapter "koa" is not supported: use @nestjs/platform-express or @nestjs/platform-fastify.',
    );
    await expect(create).rejects.toBeInstanceOf(StartFaultError);
    await app.close();
  });
});
