import { Readable } from 'node:stream';
import { Header, HttpCode, Inject, Injectable, Module, Scope } from '@nestjs/common';
import { REQUEST } from '@nestjs/core';
import { Type as Nested } from 'class-transformer';
import { IsArray, IsBoolean, IsIn, IsInt, IsNumber, IsOptional, IsString, ValidateNested } from 'class-validator';
import {
  BinaryResult,
  FromPath,
  FromQuery,
  InferDto,
  type RequestOrigin,
  StageContext,
  StageHandler,
  WebServiceModule,
  type WebServiceOptions,
} from 'nestage';
import { send } from '../support/raw-http.js';
import { ALL_ADAPTERS, startTestService, type TestService } from '../support/test-service.js';

class EchoRequest {
  @IsString() message: string;
}

class EchoResponse {
  @IsString() answer: string;
}

@StageHandler('/echo', { request: EchoRequest, response: EchoResponse })
class EchoHandler {
  preProcess({ message }: EchoRequest): string {
    return message;
  }

  async run(message: string): Promise<string> {
    return message.toUpperCase();
  }

  postProcess(answer: string): EchoResponse {
    return { answer };
  }
}

class SearchRequest {
  @FromQuery() @IsString() q: string;
  @FromQuery() @IsOptional() @IsInt() limit?: number;
  @FromQuery() @IsOptional() @IsBoolean() exact?: boolean;
  @FromQuery('tag') @IsOptional() @IsArray() @IsString({ each: true }) tags?: string[];
}

@StageHandler('/search', { method: 'GET', request: SearchRequest })
class SearchHandler {
  run(request: SearchRequest) {
    return { ...request };
  }
}

class OwnerSearchRequest {
  @FromPath() @IsInt() owner: number;
  @FromPath('kind') @IsIn(['open', 'closed']) state: string;
  @FromQuery() @IsOptional() @IsNumber() above?: number;
}

@StageHandler('/owners/:owner/orders/:kind', { method: 'GET', request: OwnerSearchRequest })
class OwnerSearchHandler {
  run(request: OwnerSearchRequest) {
    return { ...request };
  }
}

class ItemRequest {
  @FromPath() @IsInt() id: number;
  @FromQuery() @IsOptional() @IsBoolean() dry?: boolean;
  @IsOptional() @IsString() name?: string;
  @IsOptional() @ValidateNested() @Nested(() => EchoRequest) note?: EchoRequest;
}

@StageHandler('/items/:id', { method: 'PUT', request: ItemRequest })
class PutItemHandler {
  run(request: ItemRequest) {
    return { did: 'put', ...request };
  }
}

@StageHandler('/items/:id', { method: 'PATCH', request: ItemRequest })
class PatchItemHandler {
  run(request: ItemRequest) {
    return { did: 'patch', ...request };
  }
}

@StageHandler('/items/:id', { method: 'DELETE', request: ItemRequest })
class DeleteItemHandler {
  run(request: ItemRequest) {
    return { did: 'delete', ...request };
  }
}

@StageHandler('/status/option', { request: false, status: 201 })
class OptionStatusHandler {
  run() {
    return { by: 'option' };
  }
}

@StageHandler('/status/decorator', { request: false })
class DecoratorStatusHandler {
  @HttpCode(202)
  @Header('x-by', 'decorator')
  run() {
    return { by: 'decorator' };
  }
}

@StageHandler('/status/context', { request: false })
class ContextStatusHandler {
  preProcess(_request: unknown, context: StageContext) {
    context.response.setHeader('X-By', 'preProcess');
  }

  run(_input: unknown, context: StageContext) {
    context.response.status = 203;
    context.response.setHeader('x-by', 'run');
    context.response.setHeader('x-several', ['a', 'b']);
    return { by: 'context' };
  }
}

@StageHandler('/twin/a', { request: false })
@StageHandler('/twin/b', { request: false, status: 201 })
class TwinHandler {
  static instances = 0;
  private initialized = 0;
  private calls = 0;

  constructor() {
    TwinHandler.instances++;
  }

  initialize(): void {
    this.initialized++;
  }

  run(_input: unknown, { path }: StageContext) {
    return { path, calls: ++this.calls, initialized: this.initialized, instances: TwinHandler.instances };
  }
}

@StageHandler('/files/*', { method: 'PUT', request: false })
class FileHandler {
  run(body: unknown) {
    return { body };
  }
}

class ListedHandler {
  run(input: EchoRequest, { path }: StageContext) {
    return { path, isInstance: input instanceof EchoRequest };
  }
}

@Module({ providers: [ListedHandler], exports: [ListedHandler] })
class ListedModule {}

@StageHandler('/inferred')
class InferredHandler {
  @InferDto()
  preProcess(request: EchoRequest): string {
    return request.message;
  }

  run(message: string) {
    return { answer: message, secret: 'not declared' };
  }

  @InferDto()
  postProcess(answer: { answer: string }): EchoResponse {
    return answer;
  }
}

@StageHandler('/any', { request: false })
class AnyHandler {
  run(body: unknown) {
    return { body: body ?? 'none' };
  }
}

const PRIMITIVES: Readonly<Record<string, unknown>> = {
  string: 'text with "quotes" and ü',
  empty: '',
  number: 42.5,
  zero: 0,
  true: true,
  false: false,
  null: null,
  undefined: undefined,
  array: [1, 'a', null, { b: [] }],
  'empty array': [],
  'empty object': {},
  date: new Date(0),
};

@StageHandler('/primitive', { request: false })
class PrimitiveHandler {
  async run(body: { kind: string }): Promise<unknown> {
    return PRIMITIVES[body.kind];
  }
}

const PICTURE = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0, 255, 10, 13]);
const BINARIES: Readonly<Record<string, () => BinaryResult | Buffer | Uint8Array | Readable>> = {
  buffer: () => PICTURE,
  bytes: () => new Uint8Array(PICTURE),
  view: () => new Uint8Array(Buffer.concat([Buffer.from('secret'), PICTURE, Buffer.from('secret')])).subarray(6, 6 + PICTURE.length),
  readable: () => Readable.from([PICTURE.subarray(0, 3), PICTURE.subarray(3)], { objectMode: false }),
  typed: () => new BinaryResult(PICTURE, { type: 'image/png' }),
  named: () => new BinaryResult(PICTURE, { type: 'image/png', filename: 'page 1.png' }),
  unicode: () => new BinaryResult(PICTURE, { type: 'image/png', filename: 'Übersicht "1"; 図\r\nx-evil: 1.png' }),
  'named readable': () => new BinaryResult(Readable.from([PICTURE], { objectMode: false }), { type: 'image/png', filename: 'page.png' }),
  'empty buffer': () => Buffer.alloc(0),
  'empty readable': () => Readable.from([], { objectMode: false }),
};

@StageHandler('/binary', { request: false, produces: ['*/*'] })
class BinaryHandler {
  run({ kind }: { kind: string }) {
    return BINARIES[kind]();
  }
}

@Injectable({ scope: Scope.REQUEST })
class Visitor {
  static made = 0;
  readonly number = ++Visitor.made;

  constructor(@Inject(REQUEST) readonly request: { headers: Record<string, string> }) {}
}

@StageHandler('/scoped', { request: false })
class ScopedHandler {
  constructor(private readonly visitor: Visitor) {}

  run(_input: unknown, { origin }: StageContext): { visitor: string; number: number; origin: RequestOrigin } {
    return { visitor: this.visitor.request.headers['x-visitor'], number: this.visitor.number, origin };
  }
}

const METADATA = {
  providers: [
    EchoHandler,
    SearchHandler,
    OwnerSearchHandler,
    PutItemHandler,
    PatchItemHandler,
    DeleteItemHandler,
    OptionStatusHandler,
    DecoratorStatusHandler,
    ContextStatusHandler,
    TwinHandler,
    FileHandler,
    InferredHandler,
    AnyHandler,
    PrimitiveHandler,
    BinaryHandler,
    Visitor,
    ScopedHandler,
  ],
  imports: [
    ListedModule,
    WebServiceModule.forFeature([
      { path: '/listed/a', handler: ListedHandler, options: { request: EchoRequest } },
      { path: '/listed/b', handler: ListedHandler, options: { request: EchoRequest, status: 202 } },
    ]),
  ],
};

interface RouteCase {
  readonly fact: string;
  readonly call: readonly [method: string, path: string, body?: unknown];
  readonly status: number;
  readonly body: unknown;
}

const MESSAGE = { message: 'hi' };

const CASES: readonly RouteCase[] = [
  { fact: 'answers POST with 200', call: ['POST', '/echo', MESSAGE], status: 200, body: { answer: 'HI' } },
  { fact: 'ignores a trailing query on POST', call: ['POST', '/echo?x=1', MESSAGE], status: 200, body: { answer: 'HI' } },
  { fact: 'reads texts from the query', call: ['GET', '/search?q=caf%C3%A9%20noir'], status: 200, body: { q: 'café noir' } },
  {
    fact: 'reads numbers, booleans and repeated values from the query',
    call: ['GET', '/search?q=a&limit=5&exact=true&tag=x&tag=y'],
    status: 200,
    body: { q: 'a', limit: 5, exact: true, tags: ['x', 'y'] },
  },
  {
    fact: 'makes one value of an array field an array',
    call: ['GET', '/search?q=a&exact=false&tag=x'],
    status: 200,
    body: { q: 'a', exact: false, tags: ['x'] },
  },
  { fact: 'drops query fields that the DTO does not declare', call: ['GET', '/search?q=a&other=1'], status: 200, body: { q: 'a' } },
  {
    fact: 'leaves the body of a GET unread',
    call: ['GET', '/search?q=a', { q: 'b', limit: 1 }],
    status: 200,
    body: { q: 'a' },
  },
  {
    fact: 'takes the body of a DELETE that has one',
    call: ['DELETE', '/items/9', { name: 'x' }],
    status: 200,
    body: { did: 'delete', id: 9, name: 'x' },
  },
  {
    fact: 'reads the path with types and other names',
    call: ['GET', '/owners/7/orders/open?above=1.5'],
    status: 200,
    body: { owner: 7, state: 'open', above: 1.5 },
  },
  {
    fact: 'merges path, query and body of PUT',
    call: ['PUT', '/items/3?dry=true', { name: 'new' }],
    status: 200,
    body: { did: 'put', id: 3, dry: true, name: 'new' },
  },
  {
    fact: 'takes nested bodies beside a path field',
    call: ['PATCH', '/items/3', { note: MESSAGE }],
    status: 200,
    body: { did: 'patch', id: 3, note: MESSAGE },
  },
  {
    fact: 'lets a body field never stand for a path or query field',
    call: ['PUT', '/items/3', { id: 4, dry: true, name: 'x' }],
    status: 200,
    body: { did: 'put', id: 3, name: 'x' },
  },
  { fact: 'answers PUT without a body where the DTO needs none', call: ['PUT', '/items/3'], status: 200, body: { did: 'put', id: 3 } },
  { fact: 'answers DELETE without a body', call: ['DELETE', '/items/9'], status: 200, body: { did: 'delete', id: 9 } },
  { fact: 'answers any path below a wildcard', call: ['PUT', '/files/a/b.txt', { a: 1 }], status: 200, body: { body: { a: 1 } } },
  { fact: 'takes a status from the options', call: ['POST', '/status/option', {}], status: 201, body: { by: 'option' } },
  { fact: 'takes a status from @HttpCode on run', call: ['POST', '/status/decorator', {}], status: 202, body: { by: 'decorator' } },
  { fact: 'takes a status from context.response', call: ['POST', '/status/context', {}], status: 203, body: { by: 'context' } },
  {
    fact: 'validates an inferred request, strips an inferred response',
    call: ['POST', '/inferred', MESSAGE],
    status: 200,
    body: { answer: 'hi' },
  },
  {
    fact: 'serves a listed class on its first path',
    call: ['POST', '/listed/a', MESSAGE],
    status: 200,
    body: { path: '/listed/a', isInstance: true },
  },
  {
    fact: 'serves a listed class on its second path',
    call: ['POST', '/listed/b', MESSAGE],
    status: 202,
    body: { path: '/listed/b', isInstance: true },
  },
  {
    fact: 'gives any body to a route without DTO',
    call: ['POST', '/any', [1, { a: null }]],
    status: 200,
    body: { body: [1, { a: null }] },
  },
  { fact: 'gives a bare string body to a route without DTO', call: ['POST', '/any', '"text"'], status: 200, body: { body: 'text' } },
  { fact: 'gives no body to a route without DTO', call: ['POST', '/any'], status: 200, body: { body: 'none' } },
];

const REFUSALS: readonly (readonly [fact: string, call: RouteCase['call'], field: string])[] = [
  ['a bad number in the query', ['GET', '/search?q=a&limit=many'], 'limit'],
  ['an empty number in the query', ['GET', '/search?q=a&limit='], 'limit'],
  ['a repeated number in the query', ['GET', '/search?q=a&limit=1&limit=2'], 'limit'],
  ['a bad boolean in the query', ['GET', '/search?q=a&exact=perhaps'], 'exact'],
  ['a repeated text in the query', ['GET', '/search?q=a&q=b'], 'q'],
  ['a missing field of the query', ['GET', '/search'], 'q'],
  ['a bad number in the path', ['GET', '/owners/x/orders/open'], 'owner'],
  ['a bad word in the path', ['GET', '/owners/1/orders/lost'], 'state'],
  ['a bad field of a body beside a path field', ['PUT', '/items/1', { name: 5 }], 'name'],
  ['a bad nested field of a body beside a path field', ['PUT', '/items/1', { note: { message: 5 } }], 'note.message'],
  ['a bad inferred request', ['POST', '/inferred', { message: 5 }], 'message'],
];

const call = (url: string, [method, path, body]: RouteCase['call'], headers: Record<string, string> = {}) =>
  send(url, {
    method,
    path,
    body: body === undefined ? undefined : typeof body === 'string' ? body : JSON.stringify(body),
    headers: { ...(body === undefined ? {} : { 'content-type': 'application/json' }), ...headers },
  });

describe.each(ALL_ADAPTERS)('routes on %s', (adapter) => {
  let service: TestService;

  beforeAll(async () => {
    TwinHandler.instances = 0;
    service = await startTestService({ adapter, ...METADATA });
  });
  afterAll(() => service.close());

  it.each(CASES)('$fact', async ({ call: given, status, body }) => {
    const reply = await call(service.url, given);
    expect({ status: reply.status, body: reply.json }).toEqual({ status, body });
    expect(reply.headers['content-type']).toMatch(/^application\/json; charset=utf-8$/i);
  });

  it.each(REFUSALS)('refuses %s with 400 and names the field', async (_fact, given, field) => {
    const { status, json } = await call(service.url, given);
    expect(status).toBe(400);
    expect(json).toMatchObject({ code: 400, error: 'invalid_request' });
    expect(json.data.fields.map((each: { field: string }) => each.field)).toEqual([field]);
    expect(json.message).toContain(field);
  });

  it('answers HEAD of a GET route without a body', async () => {
    const { status, text, headers } = await call(service.url, ['HEAD', '/search?q=a']);
    expect([status, text]).toEqual([200, '']);
    expect(headers.logid).toBeDefined();
  });

  it('sends headers of @Header on run', async () => {
    const { headers } = await call(service.url, ['POST', '/status/decorator', {}]);
    expect(headers['x-by']).toBe('decorator');
  });

  it('sends headers of context.response, the last of a name whatever its case', async () => {
    const { headers } = await call(service.url, ['POST', '/status/context', {}]);
    expect(headers).toMatchObject({ 'x-by': 'run', 'x-several': 'a, b' });
  });

  it('serves several paths of one class by one instance, initialized once', async () => {
    const first = await call(service.url, ['POST', '/twin/a', {}]);
    const second = await call(service.url, ['POST', '/twin/b', {}]);
    expect(first).toMatchObject({ status: 200, json: { path: '/twin/a', calls: 1, initialized: 1, instances: 1 } });
    expect(second).toMatchObject({ status: 201, json: { path: '/twin/b', calls: 2, initialized: 1, instances: 1 } });
  });

  it.each(Object.keys(PRIMITIVES))('sends %s as JSON', async (kind) => {
    const { status, text, headers } = await call(service.url, ['POST', '/primitive', { kind }]);
    expect(status).toBe(200);
    expect(headers['content-type']).toMatch(/^application\/json; charset=utf-8$/i);
    expect(text).toBe(JSON.stringify(PRIMITIVES[kind] ?? null));
  });

  it.each(['buffer', 'bytes', 'view', 'readable', 'typed', 'named', 'unicode', 'named readable'])('sends %s as bytes', async (kind) => {
    const reply = await fetch(`${service.url}/binary`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ kind }),
    });
    expect(reply.status).toBe(200);
    expect(Buffer.from(await reply.arrayBuffer())).toEqual(PICTURE);
    expect(reply.headers.get('content-type')).toBe(
      ['buffer', 'bytes', 'view', 'readable'].includes(kind) ? 'application/octet-stream' : 'image/png',
    );
    if (!kind.includes('readable')) expect(reply.headers.get('content-length')).toBe(String(PICTURE.length));
  });

  it.each(['empty buffer', 'empty readable'])('sends %s as no bytes', async (kind) => {
    const { status, text, headers } = await call(service.url, ['POST', '/binary', { kind }]);
    expect([status, text, headers['content-type']]).toEqual([200, '', 'application/octet-stream']);
  });

  it('offers a file name', async () => {
    const { headers } = await call(service.url, ['POST', '/binary', { kind: 'named' }]);
    expect(headers['content-disposition']).toBe(`attachment; filename="page 1.png"; filename*=UTF-8''page%201.png`);
  });

  it('offers a file name that is not ASCII, and lets no name add a header', async () => {
    const { headers } = await call(service.url, ['POST', '/binary', { kind: 'unicode' }]);
    expect(headers['content-disposition']).toBe(
      `attachment; filename="_bersicht _1_; ___x-evil: 1.png"; filename*=UTF-8''%C3%9Cbersicht%20%221%22%3B%20%E5%9B%B3%0D%0Ax-evil%3A%201.png`,
    );
    expect(headers['x-evil']).toBeUndefined();
  });

  it('makes a request-scoped handler for each request', async () => {
    const visit = (name: string) => call(service.url, ['POST', '/scoped', {}], { 'x-visitor': name });
    const replies = await Promise.all(['ann', 'bob', 'cid'].map(visit));
    expect(replies.map(({ json }) => json.visitor)).toEqual(['ann', 'bob', 'cid']);
    expect(new Set(replies.map(({ json }) => json.number)).size).toBe(3);
  });
});

describe.each(ALL_ADAPTERS)('modules on %s', (adapter) => {
  const OPTIONS: WebServiceOptions = { service: 'orders', defaults: { maxBodyBytes: 64 }, locale: 'zh' };

  @Module({ providers: [{ provide: 'OPTIONS', useValue: OPTIONS }], exports: ['OPTIONS'] })
  class ConfigModule {}

  const answersOf = async ({ url }: TestService) => {
    const calls: RouteCase['call'][] = [
      ['POST', '/echo', MESSAGE],
      ['POST', '/echo', { message: 'x'.repeat(64) }],
      ['POST', '/echo', {}],
    ];
    const replies = await Promise.all([...calls.map((each) => call(url, each)), call(url, ['GET', '/health'])]);
    return replies.map(({ status, json: { logid: _logid, resources: _resources, ...rest } }) => ({ status, rest }));
  };

  it('serves the same by forRootAsync as by forRoot', async () => {
    const plain = await startTestService({ adapter, options: OPTIONS, providers: [EchoHandler] });
    const root = WebServiceModule.forRootAsync({
      imports: [ConfigModule],
      inject: ['OPTIONS'],
      useFactory: async (options: WebServiceOptions) => options,
    });
    const later = await startTestService({ adapter, root, providers: [EchoHandler] });
    const [expected, got] = [await answersOf(plain), await answersOf(later)];
    await Promise.all([plain.close(), later.close()]);
    expect(expected.map(({ status }) => status)).toEqual([200, 413, 400, 200]);
    expect(expected[3].rest).toMatchObject({ service: 'orders' });
    expect(got).toEqual(expected);
  });

  it('serves what a test module puts in place of a handler', async () => {
    const service = await startTestService({
      adapter,
      providers: [EchoHandler],
      override: (builder) => builder.overrideProvider(EchoHandler).useValue({ run: () => ({ answer: 'stand-in' }) }),
    });
    const { status, json } = await call(service.url, ['POST', '/echo', MESSAGE]);
    const refused = await call(service.url, ['POST', '/echo', {}]);
    await service.close();
    expect([status, json, refused.status]).toEqual([200, { answer: 'stand-in' }, 400]);
  });

  it('serves a class that a test module puts in place of a handler', async () => {
    class StandIn {
      run({ message }: EchoRequest) {
        return { answer: `stand-in ${message}` };
      }
    }
    const service = await startTestService({
      adapter,
      providers: [EchoHandler],
      override: (builder) => builder.overrideProvider(EchoHandler).useClass(StandIn),
    });
    const { json } = await call(service.url, ['POST', '/echo', MESSAGE]);
    await service.close();
    expect(json).toEqual({ answer: 'stand-in hi' });
  });
});
