import { once } from 'node:events';
import { createServer, get, type IncomingMessage, type Server, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import fc from 'fast-check';
import { DefaultHeaders, defaultedResponse, giveDefaults } from './default-headers.js';

const DEFAULTS = new DefaultHeaders(
  new Map([
    ['x-first', 'one'],
    ['x-second', 'two'],
  ]),
);

type Act = (response: ServerResponse) => unknown;

const name = fc.constantFrom('x-first', 'X-First', 'x-second', 'x-other', 'constructor');
const act: fc.Arbitrary<Act> = fc.oneof(
  fc.tuple(name, fc.constantFrom('a', 'b')).map(
    ([given, value]) =>
      (response: ServerResponse) =>
        void response.setHeader(given, value),
  ),
  fc.tuple(name, fc.constantFrom('c', 'd')).map(
    ([given, value]) =>
      (response: ServerResponse) =>
        void response.appendHeader(given, value),
  ),
  name.map((given) => (response: ServerResponse) => response.removeHeader(given)),
  name.map((given) => (response: ServerResponse) => response.getHeader(given)),
  name.map((given) => (response: ServerResponse) => response.hasHeader(given)),
  fc.constant((response: ServerResponse) => ({ ...response.getHeaders() })),
  fc.constant((response: ServerResponse) => response.getHeaderNames().sort()),
);
const ending: fc.Arbitrary<Act> = fc.constantFrom<Act>(
  (response) => response.end(),
  (response) => response.writeHead(201).end(),
  (response) => response.writeHead(200, { 'X-Second': 'written' }).end(),
  (response) => response.writeHead(200, ['x-first', 'written', 'x-other', 'written']).end(),
  (response) => response.flushHeaders() ?? response.end(),
);

describe(giveDefaults.name, () => {
  let acts: readonly Act[] = [];
  let seen: unknown[] = [];
  const serve = (_request: IncomingMessage, response: ServerResponse): void => {
    giveDefaults(response, DEFAULTS);
    response.setHeader('x-served', 'yes');
    seen = acts.map((each) => each(response)).slice(0, -1);
  };
  const servers = [createServer(serve), createServer({ ServerResponse: defaultedResponse() }, serve)];
  beforeAll(() => Promise.all(servers.map((server) => once(server.listen(0, '127.0.0.1'), 'listening'))));
  afterAll(() => servers.forEach((server) => server.close()));

  const ask = async (server: Server): Promise<{ readonly headers: readonly string[]; readonly seen: readonly unknown[] }> => {
    const { port } = server.address() as AddressInfo;
    const [response] = (await once(get({ port, host: '127.0.0.1', agent: false }), 'response')) as [IncomingMessage];
    await once(response.resume(), 'end');
    const own = Object.entries(response.headersDistinct).filter(([each]) => each !== 'date');
    return { headers: own.map(([each, values]) => [each, ...(values ?? [])].join(' ')).sort(), seen };
  };

  it('has every response show and send the same, whatever becomes of its headers, whether they are set or written', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(act, { maxLength: 8 }), ending, async (before, last) => {
        acts = [...before, last];
        const [set, written] = [await ask(servers[0]), await ask(servers[1])];
        expect(written).toEqual(set);
      }),
      { numRuns: 500 },
    );
  });

  it('writes those lines that nobody has set', async () => {
    acts = [(response) => response.setHeader('x-first', 'own'), (response) => response.end()];
    expect((await ask(servers[1])).headers).toEqual(expect.arrayContaining(['x-first own', 'x-second two', 'x-served yes']));
  });

  it('leaves alone the responses of another server that were given the prototype', async () => {
    acts = [
      (response) => Object.setPrototypeOf(response, defaultedResponse().prototype),
      (response) => response.removeHeader('x-second'),
      (response) => response.getHeaderNames(),
      (response) => response.writeHead(200, { 'x-third': 'three' }).end(),
    ];
    const { headers, seen: told } = await ask(servers[0]);
    expect(told.at(-1)).toEqual(['x-first', 'x-served']);
    expect(headers).toEqual(expect.arrayContaining(['x-first one', 'x-served yes', 'x-third three']));
    expect(headers.join()).not.toContain('x-second');
  });

  it('sends them although the response is given the prototype of others on its way', async () => {
    acts = [
      (response) => Object.setPrototypeOf(response, ServerResponse.prototype),
      (response) => response.setHeader('X-First', 'own'),
      (response) => response.end(),
    ];
    const { headers } = await ask(servers[1]);
    expect(headers).toEqual(['connection close', 'content-length 0', 'x-first own', 'x-second two', 'x-served yes']);
  });
});
