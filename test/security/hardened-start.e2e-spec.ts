import { connect } from 'node:net';
import { join } from 'node:path';
import { StageHandler } from 'nestage';
import { McpModule } from 'nestage/mcp';
import { startTestService } from 'nestage/testing';
import { createAdapter, type TrustProxy } from '../../libs/nestage/src/http/create-adapter.js';
import { SECURITY_HEADERS } from '../../libs/nestage/src/http/server/security-headers.js';
import { resolveStartOptions, type StartOptions } from '../../libs/nestage/src/start-options.js';
import { send, sendBytes } from '../support/raw-http.js';
import { ServiceProcess } from '../support/service-process.js';
import { ADAPTERS } from '../support/test-service.js';

const MAIN = join(import.meta.dirname, '../e2e/process-child.ts');
const JSON_TYPE = { 'content-type': 'application/json' };
const PREFLIGHT = { 'access-control-request-method': 'POST' };

@StageHandler('/any', { request: false })
class AnyHandler {
  run(input: unknown): unknown {
    return input;
  }
}

describe.each(ADAPTERS)('startWebService with its options of security on %s', (adapter) => {
  let child: ServiceProcess;
  let url: string;

  beforeAll(async () => {
    const start = { adapter, cors: { origin: ['https://app.example'] }, limits: { headersTimeoutMs: 200 } };
    child = new ServiceProcess({ main: MAIN, args: [JSON.stringify({ start })] });
    url = await child.ready();
  });
  afterAll(() => child.remove());

  it('lets the pages call that are named, and no others', async () => {
    const allowed = async (origin: string): Promise<string | undefined> =>
      (await send(url, { method: 'OPTIONS', path: '/work', headers: { origin, ...PREFLIGHT } })).headers['access-control-allow-origin'];
    expect(await allowed('https://app.example')).toBe('https://app.example');
    expect(await allowed('https://evil.example')).toBeUndefined();
  });

  it('tells browsers to be careful', async () => {
    const replies = [
      await send(url, { path: '/work', headers: JSON_TYPE, body: '{}' }),
      await send(url, { path: '/work', headers: JSON_TYPE, body: '{' }),
      await send(url, { method: 'GET', path: '/health' }),
      await send(url, { method: 'GET', path: '/nothing' }),
    ];
    expect(replies.map(({ status }) => status)).toEqual([200, 400, 200, 404]);
    for (const { headers } of replies) expect(headers).toMatchObject(SECURITY_HEADERS); // each once: two would come joined
    for (const { headers } of replies) expect(headers['x-powered-by']).toBeUndefined();
  });

  it('holds the listener of operators to the same', async () => {
    const own = new ServiceProcess({ main: MAIN, args: [JSON.stringify({ start: { adapter }, root: { management: { port: 0 } } })] });
    try {
      await own.ready();
      const [, operators = ''] = await own.says(/ and, for operators, on (http:\S+) /m);
      const reply = await send(operators, { method: 'GET', path: '/health' });
      expect(reply.status).toBe(200);
      expect(reply.headers).toMatchObject(SECURITY_HEADERS);
      expect(await sendBytes(operators, 'no HTTP\r\n\r\n')).toMatch(/^HTTP\/1\.1 400 Bad Request/);
      await own.says(/Request refused: 400 Bad Request, HPE_\w+, from /);
      expect(await sendBytes(operators, 'GET /health HTTP/1.1\r\n\r\n')).toMatch(/^HTTP\/1\.1 400 [^]*logid: \d{19}/);
    } finally {
      await own.remove();
    }
  });

  it('refuses headers that come too slowly, and says so', async () => {
    const answer = await new Promise<string>((resolve) => {
      const socket = connect(Number(new URL(url).port), '127.0.0.1', () => socket.write('POST /work HTTP/1.1\r\nhost: x\r\nx-'));
      let text = '';
      socket.on('data', (chunk) => (text += chunk.toString()));
      socket.on('error', () => undefined);
      socket.once('close', () => resolve(text));
    });
    expect(answer).toMatch(/^HTTP\/1\.1 408 Request Timeout/);
    await child.says(/Request refused: 408 Request Timeout, ERR_HTTP_REQUEST_TIMEOUT, from /);
    expect((await send(url, { path: '/work', headers: JSON_TYPE, body: '{}' })).status).toBe(200);
  }); // node looks for slow connections every 30 seconds

  it.each<[TrustProxy, string]>([
    [false, '127.0.0.1'],
    [1, '9.9.9.9'],
    [['127.0.0.1', '::ffff:127.0.0.1'], '9.9.9.9'],
    [['10.0.0.1'], '127.0.0.1'],
  ])('believes proxies by trustProxy %j: the client is %s', async (trustProxy, address) => {
    const made = await createAdapter(adapter, trustProxy);
    const service = await startTestService({ adapter: made.adapter, providers: [AnyHandler], imports: [McpModule.forRoot()] });
    try {
      const headers = { ...JSON_TYPE, origin: 'http://evil.example', 'x-forwarded-for': '6.6.6.6, 9.9.9.9' };
      expect((await send(service.url, { path: '/mcp', headers, body: '{}' })).status).toBe(403);
      const line = service.log.messages.find((message) => message.startsWith('Access refused'));
      expect(line?.replace('::ffff:', '')).toBe(`Access refused: foreign origin, POST /mcp, from ${address}`);
    } finally {
      await service.close();
    }
  });
});

it.each<[StartOptions, string]>([
  [{ cors: {} }, '"cors" must be false or options with an "origin"'],
  [{ trustProxy: 0 }, '"trustProxy" must be false, a number of proxies >= 1, or a list of addresses, got 0'],
  [{ trustProxy: true as unknown as TrustProxy }, '"trustProxy" must be false'],
  [{ limits: { headersTimeoutMs: 0 } }, '"limits.headersTimeoutMs" must be an integer from 1 to 2147483647, got 0'],
  [{ limits: { maxHeaders: 0 } }, '"limits.maxHeaders" must be an integer from 1 to 2000, got 0'],
  [{ securityHeaders: 'no' as unknown as boolean }, '"securityHeaders" must be a boolean'],
])('refuses %j', (options, message) => {
  expect(() => resolveStartOptions(options, {})).toThrow(message);
});
