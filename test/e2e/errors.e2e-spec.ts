import type { AddressInfo } from 'node:net';
import { brotliCompressSync, deflateSync, gzipSync } from 'node:zlib';
import {
  BadRequestException,
  ConflictException,
  HttpException,
  type INestApplication,
  Module,
  PayloadTooLargeException,
} from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { IsString } from 'class-validator';
import {
  BusinessError,
  ERROR_CATALOGUE,
  type ErrorCode,
  FatalError,
  ModelError,
  ProcessingError,
  StageHandler,
  SystemError,
  ValidationError,
  WebServiceModule,
} from 'nestage';
import { createAdapter } from '../../libs/nestage/src/http/create-adapter.js';
import { open, type RawReply, type RawRequest, send, sendBytes } from '../support/raw-http.js';
import { type AdapterName, ADAPTERS, adapterOf, startTestService, type TestService } from '../support/test-service.js';

const LIMIT = 1000;

class TextRequest {
  @IsString() text: string;
}

@StageHandler('/text', { request: TextRequest, maxBodyBytes: LIMIT })
class TextHandler {
  run({ text }: TextRequest) {
    return { length: text.length };
  }
}

@StageHandler('/items/:id', { request: false, method: 'GET' })
class GetItemHandler {
  run() {
    return {};
  }
}

@StageHandler('/items/:id', { request: false, method: 'DELETE' })
class DeleteItemHandler {
  run() {
    return {};
  }
}

@StageHandler('/picture', { request: false, produces: ['image/png'] })
class PictureHandler {
  run() {
    return Buffer.from('png');
  }
}

@StageHandler('/any', { request: false })
class AnyHandler {
  run(body: object) {
    return { body, polluted: (body as { polluted?: unknown }).polluted ?? null, keys: Object.keys(body) };
  }
}

const THROWN: Readonly<Record<string, () => unknown>> = {
  'an Error': () => new Error('secret'),
  'a string': () => 'secret',
  null: () => null,
  undefined: () => undefined,
  'a number': () => 42,
  'a symbol': () => Symbol('secret'),
  'an object': () => ({ status: 400, message: 'secret' }),
  'a function': () => () => 'secret',
  'a frozen Error': () => Object.freeze(new Error('secret')),
  BusinessError: () => new BusinessError('This order has been paid already'),
  'BusinessError 409': () => new BusinessError('This order has been paid already', { status: 409 }),
  'BusinessError 500': () => new BusinessError('It stays a client error', { status: 500 }),
  ValidationError: () => new ValidationError('Bad page', { fields: [{ field: 'pages[1]', messages: ['must be even'] }] }),
  ConflictException: () => new ConflictException('It exists already'),
  'HttpException 418': () => new HttpException('I am a teapot', 418),
  'HttpException with several messages': () => new BadRequestException(['first thing', 'second thing']),
  'HttpException with an object': () => new BadRequestException({ message: 'the message', detail: 'secret' }),
  'HttpException 413': () => new PayloadTooLargeException('Too many pages'),
  'HttpException 401': () => new HttpException('Who are you?', 401),
  'HttpException 403': () => new HttpException('Not you', 403),
  'HttpException 429': () => new HttpException('Slow down', 429),
  'HttpException 502': () => new HttpException('secret', 502),
  'HttpException 503': () => new HttpException('secret', 503),
  'HttpException 200': () => new HttpException('secret', 200),
  ModelError: () => new ModelError('secret'),
  'ModelError timeout': () => new ModelError('secret', { code: 'model_timeout' }),
  'ModelError overloaded': () => new ModelError('secret', { code: 'model_overloaded', retryAfterSeconds: 7 }),
  ProcessingError: () => new ProcessingError('secret'),
  'ProcessingError image': () => new ProcessingError('secret', { code: 'image_processing_error' }),
  SystemError: () => new SystemError('secret'),
  FatalError: () => new FatalError('secret'),
};

@StageHandler('/throw', { request: false })
class ThrowHandler {
  async run({ kind }: { kind: string }) {
    throw THROWN[kind]();
  }
}

@StageHandler('/slow', { request: false, maxBodyBytes: 4000 })
class SlowHandler {
  static begun: () => void;
  static release: Promise<void>;

  async run() {
    SlowHandler.begun();
    await SlowHandler.release;
    return {};
  }
}

const PROVIDERS = [TextHandler, GetItemHandler, DeleteItemHandler, PictureHandler, AnyHandler, ThrowHandler, SlowHandler];

const JSON_TYPE = { 'content-type': 'application/json' };
const text = (length: number): string => JSON.stringify({ text: 'x'.repeat(length) });
const bomb = (compress: (bytes: Buffer) => Buffer): Buffer => compress(Buffer.from(text(5_000_000)));

interface ErrorCase {
  readonly fact: string;
  readonly request: RawRequest;
  readonly status: number;
  readonly error: ErrorCode;
  /** What the message says; the generic English text otherwise. */
  readonly message: string | RegExp;
  readonly headers?: Record<string, string>;
}

const bad = (fact: string, request: RawRequest, message: string | RegExp, error: ErrorCode): ErrorCase => ({
  fact,
  request: { headers: JSON_TYPE, ...request },
  status: ERROR_CATALOGUE[error].status,
  error,
  message,
});

const thrown = (kind: string, status: number, error: ErrorCode, message: string, headers?: Record<string, string>): ErrorCase => ({
  fact: `a thrown ${kind}`,
  request: { path: '/throw', headers: JSON_TYPE, body: JSON.stringify({ kind }) },
  status,
  error,
  message,
  headers,
});

const UNAVAILABLE = 'Service temporarily unavailable';
const UNKNOWN = 'Something went wrong';

const BODY_CASES: readonly ErrorCase[] = [
  bad('a body that is declared too long', { path: '/text', body: text(LIMIT) }, `longer than ${LIMIT} bytes`, 'body_too_large'),
  bad(
    'a chunked body that grows too long',
    { path: '/text', body: text(LIMIT), isChunked: true },
    `longer than ${LIMIT} bytes`,
    'body_too_large',
  ),
  ...(
    [
      ['gzip', gzipSync],
      ['deflate', deflateSync],
      ['br', brotliCompressSync],
    ] as const
  ).map(([encoding, compress]) =>
    bad(
      `a body that ${encoding} inflates beyond the limit`,
      // The declared length alone must not be what gives it away.
      { path: '/text', headers: { ...JSON_TYPE, 'content-encoding': encoding }, body: bomb(compress), isChunked: true },
      `longer than ${LIMIT} bytes`,
      'body_too_large',
    ),
  ),
  bad(
    'a body that is not what its encoding says',
    { path: '/text', headers: { ...JSON_TYPE, 'content-encoding': 'gzip' }, body: text(5) },
    'content encoding',
    'invalid_request',
  ),
  bad(
    'a truncated gzip body',
    { path: '/text', headers: { ...JSON_TYPE, 'content-encoding': 'gzip' }, body: gzipSync(text(5)).subarray(0, 20) },
    'content encoding',
    'invalid_request',
  ),
  bad(
    'a form',
    { path: '/text', headers: { 'content-type': 'application/x-www-form-urlencoded' }, body: 'text=a' },
    'application/json',
    'unsupported_media_type',
  ),
  bad('a body without a type', { path: '/text', headers: {}, body: text(5) }, 'got none', 'unsupported_media_type'),
  bad(
    'a type that only begins like JSON',
    { path: '/text', headers: { 'content-type': 'application/jsonx' }, body: text(5) },
    'application/json',
    'unsupported_media_type',
  ),
  bad(
    'an unknown encoding',
    { path: '/text', headers: { ...JSON_TYPE, 'content-encoding': 'zstd' }, body: text(5) },
    'gzip',
    'unsupported_encoding',
  ),
  bad(
    'two encodings',
    { path: '/text', headers: { ...JSON_TYPE, 'content-encoding': 'gzip, gzip' }, body: text(5) },
    'gzip',
    'unsupported_encoding',
  ),
  bad(
    'another charset',
    { path: '/text', headers: { 'content-type': 'application/json; charset=utf-16' }, body: text(5) },
    'utf-8',
    'unsupported_encoding',
  ),
  bad('malformed JSON', { path: '/text', body: '{"text": secret}' }, /^The body is not valid JSON( \(at position \d+\))?$/, 'invalid_json'),
  bad('truncated JSON', { path: '/text', body: '{"text": "sec' }, 'not valid JSON', 'invalid_json'),
  bad('white space for JSON', { path: '/text', body: '   ' }, 'not valid JSON', 'invalid_json'),
  bad('an empty body', { path: '/text' }, 'The body is empty', 'empty_body'),
  bad(
    'an empty body of a declared type',
    { path: '/text', headers: { ...JSON_TYPE, 'content-length': '0' } },
    'The body is empty',
    'empty_body',
  ),
  bad(
    'an empty chunked body',
    { path: '/text', headers: { ...JSON_TYPE, 'transfer-encoding': 'chunked' } },
    'The body is empty',
    'empty_body',
  ),
  bad('an array for an object', { path: '/text', body: '[]' }, 'must be an object, got an array', 'invalid_request'),
  bad('null for an object', { path: '/text', body: 'null' }, 'must be an object, got null', 'invalid_request'),
  bad('a string for an object', { path: '/text', body: '"a"' }, 'must be an object, got a string', 'invalid_request'),
  bad('a number for an object', { path: '/text', body: '1' }, 'must be an object, got a number', 'invalid_request'),
  bad('a bad field', { path: '/text', body: '{"text": 1}' }, 'text must be a string', 'invalid_request'),
];

const ROUTE_CASES: readonly ErrorCase[] = [
  bad('an unknown path', { path: '/nowhere', body: '{}' }, 'No route for POST /nowhere', 'not_found'),
  bad('an unknown path with a query', { path: '/nowhere?q=private', method: 'GET' }, /^No route for GET \/nowhere$/, 'not_found'),
  {
    ...bad('another method', { path: '/text', method: 'GET' }, 'GET is not allowed here, use POST', 'method_not_allowed'),
    headers: { allow: 'POST' },
  },
  {
    ...bad(
      'another method of several',
      { path: '/items/1', body: '{}' },
      'POST is not allowed here, use DELETE or GET or HEAD',
      'method_not_allowed',
    ),
    headers: { allow: 'DELETE, GET, HEAD' },
  },
  {
    ...bad('another method of a built-in route', { path: '/health', method: 'DELETE', headers: {} }, 'not allowed', 'method_not_allowed'),
    headers: { allow: 'GET, HEAD' },
  },
  {
    ...bad(
      'another method and a type without a body',
      { path: '/health', method: 'DELETE', headers: JSON_TYPE },
      'not allowed',
      'method_not_allowed',
    ),
    headers: { allow: 'GET, HEAD' },
  },
  bad(
    'an unknown path and a type without a body',
    { path: '/nowhere', method: 'PUT', headers: JSON_TYPE },
    'No route for PUT',
    'not_found',
  ),
  bad(
    'an Accept that JSON can not meet',
    { path: '/any', headers: { ...JSON_TYPE, accept: 'text/html' }, body: '{}' },
    'application/json',
    'not_acceptable',
  ),
  bad(
    'an Accept that a picture can not meet',
    { path: '/picture', headers: { ...JSON_TYPE, accept: 'application/json' }, body: '{}' },
    'image/png',
    'not_acceptable',
  ),
  bad(
    'an Accept that rules JSON out',
    { path: '/any', headers: { ...JSON_TYPE, accept: 'application/json;q=0, text/html' }, body: '{}' },
    'application/json',
    'not_acceptable',
  ),
  bad('a path that can not be decoded', { path: '/items/%E0%A4%A', method: 'GET' }, 'percent-encoding', 'bad_url'),
];

const THROWN_CASES: readonly ErrorCase[] = [
  ...['an Error', 'a string', 'null', 'undefined', 'a number', 'a symbol', 'an object', 'a function', 'a frozen Error'].map((kind) =>
    thrown(kind, 500, 'internal_error', UNKNOWN),
  ),
  thrown('BusinessError', 400, 'business_error', 'This order has been paid already'),
  thrown('BusinessError 409', 409, 'business_error', 'This order has been paid already'),
  thrown('BusinessError 500', 400, 'business_error', 'It stays a client error'),
  thrown('ValidationError', 400, 'invalid_request', 'Bad page'),
  thrown('ConflictException', 409, 'client_error', 'It exists already'),
  thrown('HttpException 418', 418, 'client_error', 'I am a teapot'),
  thrown('HttpException with several messages', 400, 'client_error', 'first thing; second thing'),
  thrown('HttpException with an object', 400, 'client_error', 'the message'),
  thrown('HttpException 413', 413, 'body_too_large', 'Too many pages'),
  thrown('HttpException 401', 401, 'unauthorized', 'Who are you?'),
  thrown('HttpException 403', 403, 'forbidden', 'Not you'),
  thrown('HttpException 429', 429, 'rate_limited', 'Slow down', { 'retry-after': '1' }),
  thrown('HttpException 502', 502, 'system_error', UNAVAILABLE),
  thrown('HttpException 503', 503, 'overloaded', UNAVAILABLE, { 'retry-after': '1' }),
  thrown('HttpException 200', 500, 'system_error', UNAVAILABLE),
  thrown('ModelError', 502, 'model_error', UNAVAILABLE),
  thrown('ModelError timeout', 504, 'model_timeout', UNAVAILABLE),
  thrown('ModelError overloaded', 503, 'model_overloaded', UNAVAILABLE, { 'retry-after': '7' }),
  thrown('ProcessingError', 500, 'processing_error', UNAVAILABLE),
  thrown('ProcessingError image', 500, 'image_processing_error', UNAVAILABLE),
  thrown('SystemError', 500, 'system_error', UNAVAILABLE),
  thrown('FatalError', 500, 'fatal_error', UNKNOWN),
];

/** An app as `startWebService` makes it, short of what it does to the process. */
async function startTakenOver(name: AdapterName): Promise<{ app: INestApplication; url: string }> {
  @Module({ imports: [WebServiceModule.forRoot({ takeOver: true, logging: { console: false, file: false } })], providers: PROVIDERS })
  class AppModule {}
  const { adapter, attach } = await createAdapter(name);
  const app = await NestFactory.create(AppModule, adapter, { logger: false });
  attach(app);
  await app.listen(0, '127.0.0.1');
  return { app, url: `http://127.0.0.1:${(app.getHttpServer().address() as AddressInfo).port}` };
}

describe('errors', () => {
  const services = {} as Record<AdapterName, { app: INestApplication; url: string }>;

  beforeAll(async () => {
    for (const adapter of ADAPTERS) services[adapter] = await startTakenOver(adapter);
  });
  afterAll(() => Promise.all(ADAPTERS.map((adapter) => services[adapter].app.close())));

  const both = (request: RawRequest): Promise<RawReply[]> => Promise.all(ADAPTERS.map((adapter) => send(services[adapter].url, request)));

  it.each([...ROUTE_CASES, ...BODY_CASES, ...THROWN_CASES])(
    'are answered with the same body on both adapters: $fact',
    async ({ request, status, error, message, headers = {} }) => {
      const replies = await both(request);
      for (const reply of replies) {
        expect(reply.json).toMatchObject({ code: status, error });
        expect(reply.json.message).toMatch(message);
        expect(reply).toMatchObject({ status, headers: { ...headers, 'content-type': 'application/json; charset=utf-8' } });
        expect(Object.keys(reply.json)).toEqual(['code', 'error', 'message', 'data', 'logid']);
        expect(reply.headers.logid).toMatch(/^\d{19}$/);
        expect(reply.json.logid).toBe(reply.headers.logid);
        expect(reply.headers['x-request-id']).toBe(reply.headers.logid);
        expect(reply.headers['retry-after']).toBe(headers['retry-after']);
        expect(reply.text).not.toContain('secret');
      }
      const [express, fastify] = replies.map(({ json: { logid: _logid, ...rest } }) => rest);
      expect(fastify).toEqual(express);
    },
  );

  it.each(['preProcess', 'run', 'postProcess'])('are the same whatever stage throws: %s', async (stage) => {
    @StageHandler('/stage', { request: false })
    class StagesHandler {
      preProcess() {
        if (stage === 'preProcess') throw new BusinessError('No');
      }
      run() {
        if (stage === 'run') throw new BusinessError('No');
      }
      postProcess() {
        if (stage === 'postProcess') throw new BusinessError('No');
      }
    }
    const service = await startTestService({ adapter: 'express', providers: [StagesHandler] });
    const { status, json } = await send(service.url, { path: '/stage' });
    await service.close();
    expect([status, json.error, json.message]).toEqual([400, 'business_error', 'No']);
  });

  it('close the connection where the rest of a body is not read', async () => {
    for (const { headers } of await both({ path: '/text', headers: JSON_TYPE, body: text(LIMIT) }))
      expect(headers.connection).toBe('close');
  });

  it('answer a declared length that is too long before the body is sent', async () => {
    for (const adapter of ADAPTERS) {
      const head = 'POST /text HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: 999999\r\n\r\n';
      expect(await sendBytes(services[adapter].url, head)).toMatch(/^HTTP\/1\.1 413 /);
    }
  });

  it('serve bodies that are just not too long, compressed ones too', async () => {
    const exact = text(LIMIT - text(0).length);
    expect(exact).toHaveLength(LIMIT);
    const encodings = [
      {},
      { headers: { ...JSON_TYPE, 'content-encoding': 'gzip' }, body: gzipSync(exact) },
      { headers: { ...JSON_TYPE, 'content-encoding': 'deflate' }, body: deflateSync(exact) },
      { headers: { ...JSON_TYPE, 'content-encoding': 'BR' }, body: brotliCompressSync(exact), isChunked: true },
      { headers: { ...JSON_TYPE, 'content-encoding': 'identity' } },
      { headers: { 'content-type': 'application/vnd.api+json; charset="UTF-8"' } },
      { body: `\ufeff${exact.slice(0, -5)}"}` },
      { isChunked: true },
    ];
    for (const encoding of encodings) {
      const replies = await both({ path: '/text', headers: JSON_TYPE, body: exact, ...encoding });
      expect(replies.map(({ status }) => status)).toEqual([200, 200]);
    }
  });

  it.each([
    '{"__proto__": {"polluted": 1}, "a": 1}',
    '{"\\u005f_proto__": {"polluted": 1}, "a": 1}',
    '{"a": 1, "constructor": {"prototype": {"polluted": 1}}}',
  ])('pollute nothing: %s', async (body) => {
    for (const { status, json } of await both({ path: '/any', headers: JSON_TYPE, body })) {
      expect(status).toBe(200);
      expect(json.polluted).toBeNull();
      expect(json.keys).not.toContain('__proto__');
    }
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
  });

  it('speak Chinese by locale', async () => {
    const service = await startTestService({ adapter: 'express', options: { locale: 'zh' }, providers: [ThrowHandler] });
    const messageOf = async (kind: string): Promise<string> => {
      const reply = await send(service.url, { path: '/throw', headers: JSON_TYPE, body: JSON.stringify({ kind }) });
      return reply.json.message;
    };
    const messages = await Promise.all(['an Error', 'ModelError', 'ProcessingError image', 'SystemError', 'BusinessError'].map(messageOf));
    await service.close();
    expect(messages).toEqual(['系统异常', '模型服务异常', '图像处理失败', '服务暂时不可用', 'This order has been paid already']);
  });

  it('are logged whole, once, under the log id of the answer', async () => {
    const service = await startTestService({ adapter: 'fastify', providers: [ThrowHandler] });
    const reply = await service.post('/throw', { kind: 'ModelError' });
    const { logid } = (await reply.json()) as { logid: string };
    await service.close();
    const lines = service.log.of(logid);
    expect(lines.filter((line) => line.startsWith('Failed to process request: secret'))).toHaveLength(1);
    const details = lines.filter((line) => line.startsWith('Error details: '));
    expect(details).toHaveLength(1);
    expect(JSON.parse(details[0].slice('Error details: '.length))).toMatchObject({
      error_type: 'ModelError',
      error_message: 'secret',
      traceback: expect.stringContaining('errors.e2e-spec'),
      context: { handler: '/throw', origin: 'http', code: 'model_error', tier: 'L3', status: 502 },
    });
    expect(lines.at(-1)).toMatch(/^Request finished: POST \/throw 502, tier L3, error model_error, cost [\d.]+ ms$/);
  });
});

describe.each(ADAPTERS)('the log id on %s', (adapter) => {
  const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736';
  const TRACEPARENT = `00-${TRACE}-00f067aa0ba902b7-01`;
  let service: TestService;

  beforeAll(async () => {
    service = await startTestService({ adapter, providers: [TextHandler] });
  });
  afterAll(() => service.close());

  const CASES: readonly (readonly [fact: string, headers: Record<string, string | string[]>, id: string | RegExp])[] = [
    ['is taken from logid', { logid: 'call-1' }, 'call-1'],
    ['is taken from x-request-id', { 'x-request-id': 'a.b:c_d-9' }, 'a.b:c_d-9'],
    ['is taken from logid before x-request-id', { logid: 'one', 'x-request-id': 'two' }, 'one'],
    ['is taken from x-request-id when logid is unsafe', { logid: 'one two', 'x-request-id': 'three' }, 'three'],
    ['is taken from traceparent', { traceparent: TRACEPARENT }, TRACE],
    ['is taken from logid before traceparent', { logid: 'one', traceparent: TRACEPARENT }, 'one'],
    ['may be 128 characters long', { logid: 'x'.repeat(128) }, 'x'.repeat(128)],
    ['is minted without headers', {}, /^\d{19}$/],
    ['is minted for a longer one', { logid: 'x'.repeat(129) }, /^\d{19}$/],
    ['is minted for one with spaces', { logid: 'a b' }, /^\d{19}$/],
    ['is minted for one with a tab', { logid: 'a\tb' }, /^\d{19}$/],
    ['is minted for an escape sequence', { logid: 'a%0d%0aevil' }, /^\d{19}$/],
    ['is minted for markup', { 'x-request-id': '<script>' }, /^\d{19}$/],
    ['is minted for one that begins with a dash', { logid: '-rf' }, /^\d{19}$/],
    ['is minted for letters of other alphabets', { logid: 'caf\xe9' }, /^\d{19}$/],
    ['is minted for a repeated header', { logid: ['a', 'b'] }, /^\d{19}$/],
    ['is minted for a bad traceparent', { traceparent: '00-xyz-00f067aa0ba902b7-01' }, /^\d{19}$/],
    ['is minted for a traceparent of zeros', { traceparent: `00-${'0'.repeat(32)}-00f067aa0ba902b7-01` }, /^\d{19}$/],
  ];

  it.each(CASES)('%s', async (_fact, headers, id) => {
    for (const body of [text(5), '{']) {
      const reply = await send(service.url, { path: '/text', headers: { ...JSON_TYPE, ...headers }, body });
      expect(reply.headers.logid).toEqual(typeof id === 'string' ? id : expect.stringMatching(id));
      expect(reply.headers['x-request-id']).toBe(reply.headers.logid);
      if (body === '{') expect(reply.json.logid).toBe(reply.headers.logid);
      expect(service.log.of(reply.headers.logid as string).at(-1)).toMatch(/^Request finished: POST \/text (200|400)/);
    }
  });

  it('can not carry a line break, since the server refuses such a request', async () => {
    const reply = await sendBytes(service.url, 'POST /text HTTP/1.1\r\nhost: x\r\nlogid: a\nforged: 1\r\nconnection: close\r\n\r\n');
    expect(reply).not.toContain('forged');
  });
});

describe.each(ADAPTERS)('body limits on %s', (adapter) => {
  it('hold beyond and below the 100 kB of Nest in an ordinary app', async () => {
    @StageHandler('/large', { request: false, maxBodyBytes: 300_000 })
    class LargeHandler {
      run(body: { text: string }) {
        return { length: body.text.length };
      }
    }
    @StageHandler('/small', { request: false, maxBodyBytes: 50_000 })
    class SmallHandler extends LargeHandler {}
    @Module({
      imports: [WebServiceModule.forRoot({ logging: { console: false, file: false } })],
      providers: [LargeHandler, SmallHandler],
    })
    class AppModule {}
    const app = await NestFactory.create(AppModule, adapterOf(adapter), { logger: false });
    await app.listen(0, '127.0.0.1');
    const url = `http://127.0.0.1:${(app.getHttpServer().address() as AddressInfo).port}`;
    const statusOf = async (path: string, length: number): Promise<number> =>
      (await send(url, { path, headers: JSON_TYPE, body: text(length) })).status;
    const statuses = [
      await statusOf('/large', 250_000),
      await statusOf('/large', 300_000),
      await statusOf('/small', 49_000),
      await statusOf('/small', 60_000),
    ];
    await app.close();
    expect(statuses).toEqual([200, 413, 200, 413]);
  });

  describe('by the budget of all bodies in flight', () => {
    let service: TestService;
    beforeEach(async () => {
      service = await startTestService({ adapter, providers: [SlowHandler, TextHandler], options: { maxBodyBytesInFlight: 5000 } });
    });
    afterEach(() => service.close());

    const body = text(3000);

    it.each([false, true])('refuse with 503 and Retry-After what is beyond it, and give it back (chunked: %s)', async (isChunked) => {
      let release!: () => void;
      SlowHandler.release = new Promise((resolve) => (release = resolve));
      const begun = new Promise<void>((resolve) => (SlowHandler.begun = resolve));
      const first = send(service.url, { path: '/slow', headers: JSON_TYPE, body, isChunked });
      await begun;
      const refused = await send(service.url, { path: '/slow', headers: JSON_TYPE, body, isChunked });
      expect(refused).toMatchObject({ status: 503, headers: { 'retry-after': '1' }, json: { error: 'overloaded', message: UNAVAILABLE } });
      expect((await send(service.url, { path: '/text', headers: JSON_TYPE, body: text(500) })).status).toBe(200);
      release();
      expect((await first).status).toBe(200);
      expect((await send(service.url, { path: '/slow', headers: JSON_TYPE, body, isChunked })).status).toBe(200);
    });

    it('count a declared length before any of it has come, and give it back when the client leaves', async () => {
      const { outgoing, reply } = open(service.url, {
        path: '/slow',
        headers: { ...JSON_TYPE, 'content-length': '4000', expect: '100-continue' },
      });
      reply.catch(() => undefined); // it is torn down below
      await new Promise((resolve) => outgoing.once('continue', resolve));
      const refused = await send(service.url, { path: '/slow', headers: JSON_TYPE, body });
      expect(refused.status).toBe(503);
      outgoing.destroy();
      SlowHandler.release = Promise.resolve();
      SlowHandler.begun = () => undefined;
      let status = 503;
      while (status === 503) status = (await send(service.url, { path: '/slow', headers: JSON_TYPE, body })).status;
      expect(status).toBe(200);
    });
  });
});
