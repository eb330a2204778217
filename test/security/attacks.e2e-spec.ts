import { mkdtempSync, rmSync } from 'node:fs';
import type { Server } from 'node:http';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { IsString } from 'class-validator';
import { FromQuery, megabytes, type StageContext, StageHandler } from 'nestage';
import { DashboardModule } from 'nestage/dashboard';
import { JobsModule } from 'nestage/jobs';
import { McpModule } from 'nestage/mcp';
import { OpenAiModule } from 'nestage/openai';
import { startTestService, type TestService } from 'nestage/testing';
import { images } from 'nestage/uploads';
import { hardenServer } from '../../libs/nestage/src/http/server/harden-server.js';
import { SECURITY_HEADERS } from '../../libs/nestage/src/http/server/security-headers.js';
import { resolveServerLimits } from '../../libs/nestage/src/http/server/server-limits.js';
import { LogWriter } from '../../libs/nestage/src/core/log/log-writer.js';
import { type RawReply, send, sendBytes } from '../support/raw-http.js';
import { ADAPTERS, type AdapterName } from '../support/test-service.js';
import { until } from '../support/until.js';

class EchoRequest {
  @IsString()
  text: string;
}

class SearchRequest {
  @FromQuery()
  @IsString()
  text: string;
}

@StageHandler('/echo', { request: EchoRequest })
class EchoHandler {
  run({ text }: EchoRequest): object {
    return { text };
  }
}

@StageHandler('/any', { request: false, maxBodyBytes: megabytes(4) })
class AnyHandler {
  run(input: unknown): object {
    const polluted = Object.getPrototypeOf(input) !== Object.prototype || ({} as Record<string, unknown>).polluted !== undefined;
    return { keys: Object.keys(input as object), polluted };
  }
}

@StageHandler('/search', { method: 'GET', request: SearchRequest })
class SearchHandler {
  run({ text }: SearchRequest): object {
    return { text, polluted: ({} as Record<string, unknown>).polluted ?? null };
  }
}

@StageHandler('/hurried', { request: EchoRequest, timeoutMs: 300 })
class HurriedHandler {
  run({ text }: EchoRequest, _context: StageContext): object {
    return { text };
  }
}

@StageHandler('/picture', { upload: images() })
class PictureHandler {
  run({ file }: { file: { filename: string | undefined } }): object {
    return { filename: file.filename };
  }
}

const JSON_TYPE = { 'content-type': 'application/json' };
const PNG = Buffer.from('iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg==', 'base64');

describe.each(ADAPTERS)('attacks on %s', (adapter: AdapterName) => {
  let service: TestService;
  let folder: string;

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'nestage-attacks-'));
    service = await startTestService({
      adapter,
      options: { takeOver: true },
      providers: [EchoHandler, AnyHandler, SearchHandler, HurriedHandler, PictureHandler],
      imports: [McpModule.forRoot(), JobsModule.forRoot({ folder }), OpenAiModule, DashboardModule.forRoot()],
      configure: (app) =>
        hardenServer(app.getHttpServer() as Server, { limits: resolveServerLimits(), securityHeaders: true, log: app.get(LogWriter) }),
    });
  });
  afterAll(async () => {
    await service.close();
    rmSync(folder, { recursive: true, force: true });
  });
  // whatever was sent: the process is up, and serves
  afterEach(async () => {
    const reply = await service.post('/echo', { text: 'still here' });
    expect([reply.status, await reply.json()]).toEqual([200, { text: 'still here' }]);
  });

  const post = (path: string, body: string, headers: Record<string, string> = {}) =>
    send(service.url, { path, headers: { ...JSON_TYPE, ...headers }, body });
  const raw = (...lines: string[]): Promise<string> => sendBytes(service.url, lines.join('\r\n'));
  const linesSince = (from: number): string[] => service.log.records.slice(from).map(({ message }) => message);
  const refusedIn = async (from: number, pattern: RegExp): Promise<void> =>
    until(() => linesSince(from).some((line) => pattern.test(line)));
  /** The line stands under the very log id that the client was told. */
  const tells = async ({ headers }: RawReply, pattern: RegExp): Promise<void> => {
    expect(headers.logid).toMatch(/^[\w.-]{1,128}$/);
    await until(() => service.log.records.some(({ logId, message }) => logId === headers.logid && pattern.test(message)));
  };

  it.each([
    ['a long header', ['POST /echo HTTP/1.1', 'host: x', `x-long: ${'a'.repeat(20_000)}`, '', ''], 431],
    ['a long URL', [`GET /${'a'.repeat(20_000)} HTTP/1.1`, 'host: x', '', ''], 431],
    ['two lengths', ['POST /echo HTTP/1.1', 'host: x', 'content-length: 2', 'content-length: 3', '', '{}'], 400],
    ['a length and chunks', ['POST /echo HTTP/1.1', 'host: x', 'content-length: 2', 'transfer-encoding: chunked', '', '0', '', ''], 400],
    ['chunks by another name', ['POST /echo HTTP/1.1', 'host: x', 'transfer-encoding: xchunked', '', '0', '', ''], 400],
    ['a length that is none', ['POST /echo HTTP/1.1', 'host: x', 'content-length: +2', '', '{}'], 400],
    ['a folded header', ['POST /echo HTTP/1.1', 'host: x', 'x-a: b', ' c: d', 'content-length : 2', '', '{}'], 400],
    ['a space before the colon', ['GET /search?text=x HTTP/1.1', 'host : x', '', ''], 400],
    ['a NUL in a header', ['GET /search?text=x HTTP/1.1', 'host: x', 'x-a: \0', '', ''], 400],
    ['a bad method', ['FETCH /echo HTTP/1.1', 'host: x', '', ''], 400],
    ['no HTTP at all', ['\x16\x03\x01\x02\x00\x01\x00\x01', '', ''], 400],
    ['no host', ['GET /search?text=x HTTP/1.1', '', ''], 400],
  ])('refuses %s', async (_name, lines, status) => {
    const from = service.log.records.length;
    const answer = await raw(...lines);
    expect(answer).toMatch(new RegExp(`^HTTP/1\\.1 ${status} `));
    expect(answer.match(/^HTTP\/1\.1 /gm)).toHaveLength(1);
    await refusedIn(from, new RegExp(`^Request (?:refused:|finished: .*) ${status}\\b`));
  });

  it('refuses a chunk that is none, and serves nothing that follows it', async () => {
    const from = service.log.records.length;
    const head = ['POST /echo HTTP/1.1', 'host: x', 'content-type: application/json', 'transfer-encoding: chunked', ''];
    const answer = await raw(...head, 'zz', '{"text":"a"}', '0', '', 'POST /any HTTP/1.1', 'host: x', '', '');
    expect(answer).toMatch(/^HTTP\/1\.1 400 /);
    expect(answer).not.toMatch(/HTTP\/1\.1 200/);
    await refusedIn(from, /^Request refused: 400 Bad Request, HPE_INVALID_CHUNK_SIZE/);
  });

  it('refuses bodies that are too long, declared or not', async () => {
    const body = JSON.stringify({ text: 'x'.repeat(1_100_000) });
    const declared = await post('/echo', body);
    expect(declared.json).toMatchObject({ code: 413, error: 'body_too_large' });
    const chunked = await send(service.url, { path: '/echo', headers: JSON_TYPE, body, isChunked: true });
    expect(chunked.json).toMatchObject({ code: 413, error: 'body_too_large' });
    for (const reply of [declared, chunked]) await tells(reply, /^Request finished: POST \/echo 413, tier L1, error body_too_large/);
  });

  it('refuses deep and wide JSON before it is parsed', async () => {
    const deep = `${'['.repeat(50_000)}${']'.repeat(50_000)}`;
    const wide = `{${Array.from({ length: 100_001 }, (_, index) => `"${index}":1`).join()}}`;
    const objects = `${'{"a":'.repeat(20_000)}1${'}'.repeat(20_000)}`;
    for (const [body, message] of [
      [deep, /deeper than 100 levels$/],
      [objects, /deeper than 100 levels$/],
      [wide, /more than 100000 keys$/],
    ] as const) {
      const reply = await post('/any', body);
      expect(reply.json).toMatchObject({ code: 400, error: 'invalid_json', message: expect.stringMatching(message) });
      await tells(reply, /^Request finished: POST \/any 400, tier L1, error invalid_json/);
    }
    const message = await post('/mcp', deep);
    expect(message.json).toMatchObject({ error: { code: -32700 } });
    await tells(message, /^Request finished: POST \/mcp 400, tier L1, error invalid_json/);
  });

  it.each(['{"text":', '{"text":"a"}}', "{'text':1}", '\u0000', '{"text":NaN}', '[1,]', '\ufffe{}'])('refuses %j as JSON', async (body) => {
    const reply = await post('/echo', body);
    expect([reply.status, reply.json.error]).toEqual([400, 'invalid_json']);
    await tells(reply, /400, tier L1, error invalid_json/);
  });

  it('lets no key reach a prototype, from body, query or form', async () => {
    const bodies = [
      '{"__proto__":{"polluted":1},"a":1}',
      '{"\\u005f_proto__":{"polluted":1},"a":1}',
      '{"constructor":{"prototype":{"polluted":1}},"a":1}',
      '{"a":{"__proto__":{"polluted":1}}}',
    ];
    for (const body of bodies) expect((await post('/any', body)).json.polluted).toBe(false);
    for (const query of [
      '__proto__[polluted]=1',
      '__proto__.polluted=1',
      'constructor[prototype][polluted]=1',
      'text[__proto__][polluted]=1',
    ]) {
      const { status, json } = await send(service.url, { method: 'GET', path: `/search?text=a&${query}` });
      if (status === 200) expect(json.polluted).toBeNull();
      else expect(status).toBe(400);
    }
    const form = new FormData();
    form.append('__proto__', 'polluted');
    form.append('constructor', 'polluted');
    form.append('file', new File([PNG], 'a.png', { type: 'image/png' }));
    const reply = await fetch(`${service.url}/picture`, { method: 'POST', body: form });
    expect(reply.status).toBe(200);
    expect(({} as Record<string, unknown>).polluted).toBeUndefined();
  });

  it('takes no folder from the name of an upload', async () => {
    for (const name of [
      '../../etc/passwd.png',
      '..\\..\\boot.png',
      '/etc/shadow.png',
      'C:\\x\\y.png',
      '....//a.png',
      'a\u202egnp.exe.png',
    ]) {
      const form = new FormData();
      form.append('file', new File([PNG], name, { type: 'image/png' }));
      const reply = await fetch(`${service.url}/picture`, { method: 'POST', body: form });
      const { filename } = (await reply.json()) as { filename?: string };
      expect(filename ?? '').not.toMatch(/[/\\]/);
    }
  });

  it('answers forged ids with one of its own, and writes no line that a client made up', async () => {
    const forged = ['a'.repeat(5000), 'a b', 'a%0d%0aINFO', '<script>', '../../x', 'é'];
    for (const logid of forged) {
      const { headers } = await post('/echo', '{"text":"a"}', {
        logid: Buffer.from(logid).toString('latin1'),
        'x-request-id': logid.slice(0, 50).replace('é', 'e!'),
      });
      expect(headers.logid).toMatch(/^[\w.-]{1,128}$/);
    }
    for (const traceparent of ['00-zz-zz-01', `00-${'0'.repeat(32)}-${'0'.repeat(16)}-01`, 'x'.repeat(4000)])
      expect((await post('/echo', '{"text":"a"}', { traceparent })).status).toBe(200);
    await post('/echo', JSON.stringify({ text: 'a\r\n[2026-01-01] [level:INFO] forged\u001b[31m\u2028' }));
    expect(service.log.records.every(({ logId = '' }) => !/[\r\n ]/.test(logId))).toBe(true);
  });

  it('believes no address that a client forges', async () => {
    const reply = await post('/mcp', '{}', { origin: 'http://evil.example', 'x-forwarded-for': '1.2.3.4', forwarded: 'for=1.2.3.4' });
    expect(reply.status).toBe(403);
    const [line] = service.log.records.filter(({ message }) => message.startsWith('Access refused: foreign origin')).slice(-1);
    expect(line.message).toMatch(/from (?:::ffff:)?127\.0\.0\.1$/);
  });

  it.each(['HEAD', 'OPTIONS', 'TRACE', 'PUT', 'PATCH', 'DELETE', 'PROPFIND'])('does no work for %s', async (method) => {
    const reply = await send(service.url, { method, path: '/echo', headers: { cookie: 'secret=1' } });
    expect(reply.status).toBe(405);
    expect(reply.text).not.toContain('secret=1');
    await tells(reply, new RegExp(`^Request finished: ${method} /echo 405, tier L1, error method_not_allowed`));
  });

  it.each([
    '/%2e%2e/%2e%2e/etc/passwd',
    '/..%2f..%2fetc/passwd',
    '/%c0%ae%c0%ae/x',
    '/%',
    '/echo%00',
    '/ech%EF%BD%8F',
    '/requests/..%2f..%2fx',
    '/jobs/..%2f..%2f..%2fetc%2fpasswd',
    '/jobs/%2e%2e%5c%2e%2e/result',
    '/jobs/..%00/events',
    '/v1/models/..%2f..%2fetc%2fpasswd',
    '/v1/models/../../etc/passwd',
    '/dashboard/files/..%2f..%2fpackage.json',
    '/dashboard/files/__proto__',
    '//evil.example/echo',
    '/\\echo',
  ])('finds nothing at %s', async (path) => {
    const reply = await send(service.url, { method: 'GET', path });
    expect([400, 404, 405]).toContain(reply.status);
    expect(reply.text).not.toMatch(/root:|node_modules|\/work\//);
    await tells(reply, new RegExp(`^Request finished: GET .* ${reply.status}, tier L1, error `));
  });

  it('takes no job that a client names by a path', async () => {
    const reply = await send(service.url, { method: 'DELETE', path: '/jobs/..%2f..%2fvictim' });
    expect(reply.status).toBe(404);
    await tells(reply, /^Request finished: DELETE .* 404, tier L1, error not_found/);
  });

  it('gives up on a body that does not come', async () => {
    const from = service.log.records.length;
    const answer = await new Promise<string>((resolve, reject) => {
      const { port } = new URL(service.url);
      const head = ['POST /hurried HTTP/1.1', 'host: x', 'content-type: application/json', 'content-length: 100', '', '{"te'];
      const socket = connect(Number(port), '127.0.0.1', () => socket.write(head.join('\r\n')));
      let text = '';
      socket.on('data', (chunk) => (text += chunk.toString()));
      socket.once('error', reject);
      socket.once('close', () => resolve(text));
    });
    expect(answer).toMatch(/^HTTP\/1\.1 504 /);
    expect(answer).toMatch(/connection: close/i);
    await refusedIn(from, /^Request finished: POST \/hurried 504, tier L3, error deadline_exceeded/);
  });

  it('gives the headers of a request a time of their own', async () => {
    const { headersTimeout, requestTimeout, keepAliveTimeout, maxHeadersCount } = service.app.getHttpServer() as Server;
    expect([headersTimeout, requestTimeout, keepAliveTimeout, maxHeadersCount]).toEqual([20_000, 300_000, 65_000, 100]);
  });

  it('tells browsers to be careful with every answer', async () => {
    const replies = [
      await post('/echo', '{"text":"a"}'),
      await post('/echo', '{'),
      await send(service.url, { method: 'GET', path: '/nothing' }),
    ];
    for (const { headers } of replies) expect(headers).toMatchObject(SECURITY_HEADERS);
  });
});
