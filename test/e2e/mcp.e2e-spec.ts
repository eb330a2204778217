import { type CallToolResult, ErrorCode, LATEST_PROTOCOL_VERSION } from '@modelcontextprotocol/sdk/types.js';
import type { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { type StageContext, StageHandler } from 'nestage';
import { McpModule, type McpOptions } from 'nestage/mcp';
import { hashApiKey, SecurityModule, type SecurityOptions } from 'nestage/security';
import sharp from 'sharp';
import { connectMcp } from '../support/mcp-client.js';
import { MCP_HANDLERS, SlowHandler } from '../support/mcp-handlers.js';
import { open, send } from '../support/raw-http.js';
import { ADAPTERS, type AdapterName, startTestService, type TestService } from '../support/test-service.js';
import { until } from '../support/until.js';

const JSON_TYPE = { 'content-type': 'application/json' };
const KEY = 'ann-5c3a8f20d1e94b7698aa';
const NARROW = 'bob-0f6e4d1b2a7c48859d3e';

const textOf = ({ content }: CallToolResult): string => (content[0] as { text: string }).text;

describe.each(ADAPTERS)('tools of MCP on %s', (adapter: AdapterName) => {
  const services: TestService[] = [];
  const clients: Client[] = [];
  const start = async (given: { mcp?: McpOptions; security?: SecurityOptions } = {}): Promise<TestService> => {
    const imports = [McpModule.forRoot(given.mcp), ...(given.security ? [SecurityModule.forRoot(given.security)] : [])];
    const service = await startTestService({ adapter, providers: MCP_HANDLERS, imports });
    services.push(service);
    return service;
  };
  const connect = async (url: string, headers?: Record<string, string>): Promise<Client> => {
    const client = await connectMcp(url, headers);
    clients.push(client);
    return client;
  };
  afterAll(async () => {
    for (const client of clients) await client.close();
    for (const service of services) await service.close();
  });

  let service: TestService;
  let client: Client;
  const call = async (name: string, given: Record<string, unknown>): Promise<CallToolResult> =>
    (await client.callTool({ name, arguments: given })) as CallToolResult;

  beforeAll(async () => {
    service = await start({ mcp: { name: 'house', version: '2.1.0', instructions: 'Use add for sums.' } });
    client = await connect(service.url);
  });

  it('tells the server and its tools, with schemas of their DTOs', async () => {
    expect(client.getServerVersion()).toMatchObject({ name: 'house', version: '2.1.0' });
    expect(client.getInstructions()).toBe('Use add for sums.');
    const { tools } = await client.listTools();
    expect(tools.map(({ name }) => name).sort()).toEqual(['add', 'chat', 'fail', 'media', 'picture', 'shout', 'slow', 'words']);
    const add = tools.find(({ name }) => name === 'add');
    expect(add).toMatchObject({
      title: 'Sum',
      description: 'Adds two numbers',
      annotations: { readOnlyHint: true },
      inputSchema: {
        required: ['left', 'right'],
        properties: { left: { type: 'integer' }, right: { minimum: 0 }, label: { type: 'string' } },
      },
      outputSchema: { required: ['sum', 'label'] },
    });
    const ajv = new Ajv2020({ strict: false });
    for (const { inputSchema, outputSchema } of tools) {
      expect(() => ajv.compile(inputSchema)).not.toThrow();
      if (outputSchema) expect(() => ajv.compile(outputSchema)).not.toThrow();
    }
    const chat = tools.find(({ name }) => name === 'chat');
    expect(Object.keys(chat?.inputSchema.properties ?? {})).toContain('messages');
    expect(Object.keys(chat?.inputSchema.properties ?? {})).not.toContain('stream');
  });

  it('calls a handler with fields of path, query and body, and gives its result by its schema', async () => {
    const result = await call('add', { left: 2, right: 3, label: 'both' });
    expect(result.structuredContent).toEqual({ sum: 5, label: 'both' });
    expect(JSON.parse(textOf(result))).toEqual({ sum: 5, label: 'both' });
    expect(result.isError).toBeFalsy();
  });

  it('refuses bad arguments as the route would', async () => {
    const result = await call('add', { left: 'two', right: -1 });
    expect(result.isError).toBe(true);
    expect(textOf(result)).toMatch(/left must be an integer/);
    expect(textOf(result)).toMatch(/right must not be less than 0/);
    expect(textOf(result).match(/must not be less than 0/g)).toHaveLength(1); // the model reads each fault once
    expect(result._meta?.['nestage/error']).toMatchObject({ code: 400, error: 'invalid_request' });
  });

  it('gives text as text, and the log id of the message stands in the lines of the call', async () => {
    const reply = await service.post('/mcp', rpc('tools/call', { name: 'shout', arguments: { text: 'hi' } }), {
      headers: { logid: `shout-on-${adapter}` },
    });
    expect(reply.headers.get('logid')).toBe(`shout-on-${adapter}`);
    expect(await reply.json()).toMatchObject({ id: 1, result: { content: [{ type: 'text', text: 'HI' }] } });
    const lines = service.log.records.filter(({ logId }) => logId === `shout-on-${adapter}`).map(({ message }) => message);
    expect(lines).toContain('shouting by mcp');
    expect(lines.some((line) => /^Tool finished: shout 200, cost [\d.]+ ms$/.test(line))).toBe(true);
  });

  it.each([
    ['L2', 'business_error', 'There is no such page'],
    ['L3', 'system_error', 'Service temporarily unavailable'],
    ['model', 'model_error', 'Service temporarily unavailable'],
    ['unknown', 'internal_error', 'Something went wrong'],
  ])('gives an error of %s as a result, without anything internal', async (text, code, message) => {
    const result = await call('fail', { text });
    expect(result.isError).toBe(true);
    const { error, logid } = result._meta?.['nestage/error'] as { error: string; logid: string };
    expect(textOf(result)).toBe(`${message}\nError ${error}, log id ${logid}`);
    expect(error).toBe(code);
    expect(JSON.stringify(result)).not.toMatch(/hunter2|10\.0\.0\.7|not a function|db\.internal/);
    expect(service.log.records.some(({ logId, level }) => logId === logid && level !== 'INFO')).toBe(true);
  });

  it('answers -32602 for an unknown tool, -32601 for an unknown method', async () => {
    await expect(call('nothing', {})).rejects.toMatchObject({ code: ErrorCode.InvalidParams });
    const reply = await service.post('/mcp', rpc('resources/list', {}));
    expect(await reply.json()).toMatchObject({ error: { code: ErrorCode.MethodNotFound } });
  });

  it('gives images, sounds, texts and other bytes as what they are', async () => {
    const data = Buffer.from('bytes').toString('base64');
    expect((await call('media', { text: 'image/png' })).content).toEqual([{ type: 'image', data, mimeType: 'image/png' }]);
    expect((await call('media', { text: 'audio/wav' })).content).toEqual([{ type: 'audio', data, mimeType: 'audio/wav' }]);
    expect((await call('media', { text: 'text/csv; charset=utf-8' })).content).toEqual([{ type: 'text', text: 'bytes' }]);
    const [resource] = (await call('media', { text: 'application/pdf' })).content;
    expect(resource).toMatchObject({ type: 'resource', resource: { mimeType: 'application/pdf', blob: data } });
  });

  it('collects a stream, and tells its items as progress to who asks for it', async () => {
    expect(textOf(await call('words', { text: 'a b c' }))).toBe('a b c ');
    const told: (string | undefined)[] = [];
    const onprogress = ({ message }: { message?: string }): void => void told.push(message);
    const result = await client.callTool({ name: 'words', arguments: { text: 'a b c' } }, undefined, { onprogress });
    expect(textOf(result as CallToolResult)).toBe('a b c ');
    expect(told).toEqual(['a ', 'b ', 'c ']);
  });

  it('gives a stream that breaks as an error', async () => {
    const result = await call('words', { text: 'a BREAK b' });
    expect(result.isError).toBe(true);
    expect(textOf(result)).toMatch(/^Service temporarily unavailable\nError system_error/);
  });

  it('takes files as base64, checked as uploads are', async () => {
    const png = await sharp({ create: { width: 3, height: 2, channels: 3, background: 'red' } })
      .png()
      .toBuffer();
    const data = png.toString('base64');
    const good = await call('picture', { page: { data, mimeType: 'image/png', filename: 'a\r\n.png' }, times: 2 });
    expect(JSON.parse(textOf(good))).toEqual({ type: 'image/png', size: png.length, filename: 'a%0D%0A.png', times: 2 });
    const bad = async (page: unknown): Promise<string> => textOf(await call('picture', { page, times: 1 }));
    expect(await bad({ data: Buffer.from('no picture at all').toString('base64') })).toMatch(/page/);
    expect(await bad({ data: 'not base64!' })).toMatch(/page\.data must be the base64 of a file/);
    expect(await bad({ data, mimeType: 'image/png\r\nx: y' })).toMatch(/page\.mimeType must be a media type/);
    expect(await bad({ data: Buffer.concat([png, Buffer.alloc(1_100_000)]).toString('base64') })).toMatch(/1048576|too large|longer/);
  });

  it('answers a chat with its text', async () => {
    const result = await call('chat', { messages: [{ role: 'user', content: 'hello' }], stream: true });
    expect(textOf(result)).toBe('Polly wants a cracker');
  });

  it('fires the signal when a call is cancelled, and when its connection ends', async () => {
    const slow = service.app.get(SlowHandler);
    const stop = new AbortController();
    const cancelled = client.callTool({ name: 'slow', arguments: { text: '' } }, undefined, { signal: stop.signal });
    cancelled.catch(() => undefined);
    await until(() => slow.running === 1);
    stop.abort();
    await expect(cancelled).rejects.toThrow();
    await until(() => slow.causes.length === 1);
    const { outgoing, reply } = open(service.url, {
      path: '/mcp',
      headers: JSON_TYPE,
      body: JSON.stringify(rpc('tools/call', { name: 'slow', arguments: { text: '' } })),
    });
    reply.catch(() => undefined);
    await until(() => slow.running === 1);
    outgoing.destroy();
    await until(() => slow.causes.length === 2);
    expect(slow.causes).toEqual(['cancelled', 'client_closed']);
  });

  it('refuses what goes beyond the limits of the handler with a result that says when to come back', async () => {
    const slow = service.app.get(SlowHandler);
    const stop = new AbortController();
    const first = client.callTool({ name: 'slow', arguments: { text: '' } }, undefined, { signal: stop.signal });
    first.catch(() => undefined);
    await until(() => slow.running === 1);
    const second = await call('slow', { text: '' });
    expect(second).toMatchObject({ isError: true, _meta: { 'nestage/error': { code: 503, error: 'overloaded' } } });
    expect((second._meta?.['nestage/error'] as { retryAfterSeconds: number }).retryAfterSeconds).toBeGreaterThan(0);
    stop.abort();
    await until(() => slow.running === 0);
  });

  it('speaks the transport: 405, 202 without a body, refusals in JSON-RPC', async () => {
    for (const method of ['GET', 'DELETE']) expect((await send(service.url, { method, path: '/mcp' })).status).toBe(405);
    const noted = await service.post('/mcp', { jsonrpc: '2.0', method: 'notifications/initialized' });
    expect([noted.status, await noted.text()]).toEqual([202, '']);
    const broken = await service.post('/mcp', '{"jsonrpc":');
    expect([broken.status, await broken.json()]).toMatchObject([400, { jsonrpc: '2.0', id: null, error: { code: ErrorCode.ParseError } }]);
    const batch = await service.post('/mcp', [rpc('ping', {})]);
    expect([batch.status, await batch.json()]).toMatchObject([400, { error: { code: ErrorCode.InvalidRequest } }]);
    const version = await service.post('/mcp', rpc('ping', {}), { headers: { 'mcp-protocol-version': '1999-01-01' } });
    expect(version.status).toBe(400);
    const good = await service.post('/mcp', rpc('ping', {}), { headers: { 'mcp-protocol-version': LATEST_PROTOCOL_VERSION } });
    expect(await good.json()).toEqual({ jsonrpc: '2.0', id: 1, result: {} });
    const long = await service.post('/mcp', rpc('ping', { text: 'x'.repeat(4_300_000) }));
    expect([long.status, await long.json()]).toMatchObject([413, { error: { code: ErrorCode.InvalidRequest } }]);
  });

  it('keeps what a call did as the record of its log id', async () => {
    await service.post('/mcp', rpc('tools/call', { name: 'shout', arguments: { text: 'x' } }), { headers: { logid: 'recorded' } });
    const reply = await fetch(`${service.url}/requests/recorded`);
    expect(await reply.json()).toMatchObject({ origin: 'mcp', method: 'tools/call', path: '/shout', status: 200 });
  });

  it('refuses pages of other sites, and names that are not its own', async () => {
    const narrow = await start({ mcp: { allowedOrigins: ['https://app.example'], allowedHosts: ['127.0.0.1'] } });
    const ask = async (headers: Record<string, string>): Promise<number> =>
      (await send(narrow.url, { path: '/mcp', headers: { ...JSON_TYPE, ...headers }, body: JSON.stringify(rpc('ping', {})) })).status;
    expect(await ask({})).toBe(200);
    expect(await ask({ origin: 'https://app.example' })).toBe(200);
    expect(await ask({ origin: 'http://localhost:5173' })).toBe(200);
    expect(await ask({ origin: 'http://evil.example', host: 'evil.example' })).toBe(403);
    expect(await ask({ origin: 'null' })).toBe(403);
    expect(await ask({ host: 'evil.example' })).toBe(403);
    const refusals = narrow.log.records.filter(({ message }) => message.startsWith('Access refused: foreign'));
    expect(refusals.map(({ message }) => message.split(',')[0])).toEqual([
      'Access refused: foreign origin',
      'Access refused: foreign origin',
      'Access refused: foreign host',
    ]);
  });

  it('asks for keys that open the endpoint and the path of the tool, and counts calls', async () => {
    const secured = await start({
      security: {
        keys: [
          { name: 'ann', hash: hashApiKey(KEY) },
          { name: 'bob', hash: hashApiKey(NARROW), scopes: ['/mcp', '/words'] },
        ],
        rateLimit: { limit: 100, paths: { '/shout': { limit: 1 } } },
      },
    });
    await expect(connect(secured.url)).rejects.toThrow(/401|unauthorized/i);
    const bob = await connect(secured.url, { authorization: `Bearer ${NARROW}` });
    const open = (await bob.callTool({ name: 'words', arguments: { text: 'a' } })) as CallToolResult;
    expect(textOf(open)).toBe('a ');
    const closed = (await bob.callTool({ name: 'shout', arguments: { text: 'a' } })) as CallToolResult;
    expect(closed).toMatchObject({ isError: true, _meta: { 'nestage/error': { code: 403, error: 'forbidden' } } });
    expect(secured.log.records.some(({ message }) => message.startsWith('Access refused: wrong scope, name bob, POST /shout'))).toBe(true);
    const ann = await connect(secured.url, { 'x-api-key': KEY });
    const shout = async (): Promise<CallToolResult> => (await ann.callTool({ name: 'shout', arguments: { text: 'a' } })) as CallToolResult;
    expect(textOf(await shout())).toBe('A');
    expect(await shout()).toMatchObject({ isError: true, _meta: { 'nestage/error': { code: 429, error: 'rate_limited' } } });
  });

  it('lets calls end at a shutdown, and stops those that take longer than it waits', async () => {
    const options = { shutdownGraceMs: 100 };
    const ending = await startTestService({ adapter, providers: MCP_HANDLERS, imports: [McpModule.forRoot()], options });
    const slow = ending.app.get(SlowHandler);
    const reply = ending.post('/mcp', rpc('tools/call', { name: 'slow', arguments: { text: '' } }));
    await until(() => slow.running === 1);
    await ending.close();
    expect(slow.causes).toEqual(['shutdown']);
    const { status, json } = await reply.then(async (answer) => ({ status: answer.status, json: await answer.json() }));
    expect([status, json]).toMatchObject([503, { error: { code: ErrorCode.InternalError, data: { error: 'shutting_down' } } }]);
  });

  it('refuses results that are longer than it is told to give', async () => {
    const short = await start({ mcp: { maxResultBytes: 4 } });
    for (const [name, text] of [
      ['media', 'image/png'],
      ['words', 'a b c'],
      ['shout', 'hello'],
    ]) {
      const reply = await short.post('/mcp', rpc('tools/call', { name, arguments: { text } }));
      expect(await reply.json()).toMatchObject({ result: { isError: true, _meta: { 'nestage/error': { error: 'system_error' } } } });
    }
    expect(short.log.messages.join()).toContain('longer than 4 bytes (maxResultBytes of McpModule.forRoot())');
  });

  it('does not start with tools that have no name, or one of another, or no import of the module', async () => {
    const mcp = { name: 'same', description: 'x' };
    @StageHandler('/one', { request: false, mcp })
    class One {
      run(input: unknown, _context: StageContext): unknown {
        return input;
      }
    }
    @StageHandler('/two', { request: false, mcp })
    class Two extends One {}
    @StageHandler('/three', { request: false, mcp: { ...mcp, name: 'a tool' } })
    class Three extends One {}
    const begin = (provider: typeof One, ...others: (typeof One)[]): Promise<TestService> =>
      startTestService({ adapter, providers: [provider, ...others], imports: [McpModule.forRoot()] });
    await expect(begin(One, Two)).rejects.toThrow(/One \('\/one'\) are both the tool 'same': give one another name/);
    await expect(begin(Three)).rejects.toThrow(/"mcp\.name" must be 1 to 128 letters, digits and _ \. -/);
    await expect(startTestService({ adapter, providers: [One] })).rejects.toThrow('"mcp" needs nestage/mcp');
  });
});

it('names bad options of the module', () => {
  expect(() => McpModule.forRoot({ path: 'mcp' })).toThrow('"path" must be a path with a leading slash');
  expect(() => McpModule.forRoot({ allowedOrigins: ['app.example'] })).toThrow('"allowedOrigins" must be a list of origins');
  expect(() => McpModule.forRoot({ allowedHosts: ['a:80'] })).toThrow('"allowedHosts" must be a list of host names');
});

const rpc = (method: string, params: object): object => ({ jsonrpc: '2.0', id: 1, method, params });
