import { createServer, type RequestListener, type Server } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { type AddressInfo, createServer as createTcpServer } from 'node:net';
import { testCertificate } from '../../../../test/support/test-certificate.js';
import { RemoteFetcher } from './remote-fetcher.js';
import type { RemoteFetcherOptions } from './remote-fetcher.options.js';

const PNG = Buffer.concat([Buffer.from('\x89PNG\r\n\x1a\n', 'latin1'), Buffer.alloc(5000, 1)]);
const field = 'messages[0].image_url';

let port: number;
let tlsPort: number;
const servers: { close(done: () => void): unknown }[] = [];
/** What each path of the servers answers; others answer a picture. */
const answers = new Map<string, RequestListener>();
const asked: string[] = [];

const listener: RequestListener = (request, response) => {
  asked.push(`${request.headers.host} ${request.url}`);
  const answer = answers.get(request.url ?? '');
  if (answer) answer(request, response);
  else response.setHeader('content-type', 'text/html').end(PNG);
};

const listen = async (server: Pick<Server, 'listen' | 'address'> & (typeof servers)[number]): Promise<number> => {
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return (server.address() as AddressInfo).port;
};

beforeAll(async () => {
  port = await listen(createServer(listener));
  tlsPort = await listen(createTlsServer(testCertificate, listener));
});
/** Closes only once every connection is: none of them may be left open. */
afterAll(async () => {
  for (const server of servers) {
    await new Promise<void>((resolve) => server.close(resolve));
  }
});
beforeEach(() => {
  answers.clear();
  asked.length = 0;
});

/** Fetches from names that all lead to this machine, which is allowed here as the only one. */
const fetcher = (options: Partial<RemoteFetcherOptions> = {}): RemoteFetcher =>
  new RemoteFetcher({
    hosts: [`images.test:${port}`, `other.test:${port}`, `images.test:${tlsPort}`],
    http: true,
    timeoutMs: 20_000,
    ca: testCertificate.cert,
    resolve: async () => ['127.0.0.1'],
    isAllowedAddress: (address) => address === '127.0.0.1',
    ...options,
  });

const at = (path = '/a.png', host = 'images.test'): string => `http://${host}:${port}${path}`;

async function refusal(url: string, options?: Partial<RemoteFetcherOptions>): Promise<[string, string]> {
  const error = await fetcher(options)
    .fetch(url, { field })
    .catch((thrown: unknown) => thrown);
  const { code, message } = error as { code: string; message: string };
  return [code, message.replace(`${field} `, '')];
}

describe('RemoteFetcher', () => {
  it('fetches a picture over http and https, and tells what it is by its bytes', async () => {
    const picture = await fetcher().fetch(at('/a.png?x=1'), { field });
    expect([picture.type, picture.size, (await picture.bytes()).equals(PNG)]).toEqual(['image/png', PNG.length, true]);
    const secure = await fetcher({ http: false }).fetch(`https://images.test:${tlsPort}/b.png`, { field });
    expect(secure.size).toBe(PNG.length);
    expect(asked).toEqual([`images.test:${port} /a.png?x=1`, `images.test:${tlsPort} /b.png`]);
  });

  it('trusts no server whose certificate is for another name or of an unknown authority', async () => {
    const url = `https://images.test:${tlsPort}/`;
    expect(await refusal(url, { ca: undefined })).toEqual(['remote_file_failed', 'could not be fetched']);
    expect(await refusal(`https://third.test:${tlsPort}/`, { hosts: [`third.test:${tlsPort}`] })).toEqual([
      'remote_file_failed',
      'could not be fetched',
    ]);
  });

  it.each([
    ['another host', () => at('/', 'evil.test'), 'names a host that is not allowed'],
    ['a host that ends alike', () => at('/', 'evilimages.test'), 'names a host that is not allowed'],
    ['a host below it', () => at('/', 'a.images.test'), 'names a host that is not allowed'],
    ['another port', () => `http://images.test:${port + 1}/`, 'names a host that is not allowed'],
    ['the usual port', () => 'http://images.test/', 'names a host that is not allowed'],
    ['an address', () => `http://127.0.0.1:${port}/`, 'names a host that is not allowed'],
    ['a user name', () => `http://images.test@evil.test:${port}/`, 'must not hold a user name or password'],
    ['a password', () => `http://a:b@images.test:${port}/`, 'must not hold a user name or password'],
    ['another scheme', () => 'file:///etc/hosts', 'must begin with https: or http:'],
    ['gopher', () => `gopher://images.test:${port}/`, 'must begin with https: or http:'],
    ['no URL', () => 'picture', 'is not a URL'],
    ['a long URL', () => at(`/${'a'.repeat(9000)}`), 'is too long'],
  ])('refuses %s without asking anybody', async (_case, url, message) => {
    const resolve = jest.fn();
    expect(await refusal(url(), { resolve })).toEqual(['remote_file_refused', message]);
    expect([resolve.mock.calls, asked]).toEqual([[], []]);
  });

  it('takes hosts below a wildcard, and an upper-case name with a dot at its end', async () => {
    const hosts = [`*.cdn.test:${port}`, `IMAGES.test:${port}`];
    expect((await fetcher({ hosts }).fetch(at('/', 'a.b.cdn.test'), { field })).size).toBe(PNG.length);
    expect((await fetcher({ hosts }).fetch(at('/', 'Images.Test.'), { field })).size).toBe(PNG.length);
    expect((await refusal(at('/', 'cdn.test'), { hosts }))[0]).toBe('remote_file_refused');
    expect((await refusal(at('/', 'xcdn.test'), { hosts }))[0]).toBe('remote_file_refused');
  });

  it('wants https unless told otherwise', async () => {
    expect(await refusal(at(), { http: false })).toEqual(['remote_file_refused', 'must begin with https:']);
  });

  it.each(['127.0.0.1', '10.0.0.5', '169.254.169.254', '::1', '::ffff:127.0.0.1', '64:ff9b::7f00:1', 'fd00::1', '0.0.0.0'])(
    'refuses a name that resolves to %s, also beside a public address',
    async (address) => {
      for (const addresses of [[address], ['93.184.216.34', address]]) {
        const refused = await refusal(at(), { resolve: async () => addresses, isAllowedAddress: undefined });
        expect(refused).toEqual(['remote_file_refused', 'names a host that is not allowed']);
      }
      expect(asked).toEqual([]);
    },
  );

  it.each(['http://2130706433/', 'http://0x7f.1/', 'http://0177.0.0.1/', 'http://127.1/', 'http://[::ffff:7f00:1]/', 'http://[::1]/'])(
    'refuses %s even if it stands on the list',
    async (url) => {
      expect((await refusal(url, { hosts: [new URL(url).hostname], isAllowedAddress: undefined }))[0]).toBe('remote_file_refused');
    },
  );

  it('connects to the address that it checked, whatever the name resolves to afterwards', async () => {
    const answersInTurn = [['127.0.0.1'], ['10.0.0.1']];
    const resolve = jest.fn(async (_host: string) => answersInTurn.shift() ?? []);
    await fetcher({ resolve }).fetch(at(), { field });
    expect([resolve.mock.calls, asked.length]).toEqual([[['images.test']], 1]);
  });

  it('checks each redirect as it did the first address, name and resolution', async () => {
    const to =
      (location: string): RequestListener =>
      (_request, response) =>
        response.writeHead(302, { location }).end('see there');
    answers.set('/good', to(at('/next', 'other.test')));
    answers.set('/next', to('/a.png'));
    expect((await fetcher().fetch(at('/good'), { field })).size).toBe(PNG.length);
    for (const bad of [
      'http://evil.test/',
      'file:///etc/passwd',
      `http://127.0.0.1:${port}/`,
      'http://169.254.169.254/latest',
      '//evil.test',
      'http://[',
    ]) {
      answers.set('/bad', to(bad));
      expect((await refusal(at('/bad')))[0]).toBe('remote_file_refused');
    }
    answers.set('/rebound', to(at('/a.png', 'other.test')));
    const resolve = async (host: string): Promise<string[]> => [host === 'other.test' ? '192.168.0.1' : '127.0.0.1'];
    expect((await refusal(at('/rebound'), { resolve }))[0]).toBe('remote_file_refused');
    answers.set('/loop', to('/loop'));
    asked.length = 0;
    expect(await refusal(at('/loop'), { maxRedirects: 2 })).toEqual(['remote_file_refused', 'redirects more than 2 times']);
    expect(asked).toHaveLength(3);
    answers.set('/https', to('http://images.test/'));
    expect((await refusal(`https://images.test:${tlsPort}/https`, { http: false }))[1]).toBe('must begin with https:');
  });

  it('refuses what is too long, declared or not', async () => {
    answers.set('/declared', (_request, response) => response.setHeader('content-length', 1e9).write('x'));
    answers.set('/endless', (_request, response) => {
      const timer = setInterval(() => response.write(Buffer.alloc(1000, PNG)), 1);
      response.once('close', () => clearInterval(timer));
    });
    for (const path of ['/declared', '/endless'])
      expect(await refusal(at(path), { maxBytes: 10_000 })).toEqual(['file_too_large', 'is longer than 9.8 KB']);
  });

  it.each<[string, RequestListener, string, string]>([
    ['nothing', (_request, response) => response.end(), 'empty_file', 'is empty'],
    [
      'mark-up',
      (_request, response) => response.setHeader('content-type', 'image/png').end('<svg xmlns="x"/>'),
      'unsupported_file',
      'is SVG, which is not supported: send JPEG, PNG, WebP, GIF, TIFF or AVIF',
    ],
    ['404', (_request, response) => response.writeHead(404).end(PNG), 'remote_file_failed', 'was answered with status 404'],
    ['a redirect to nowhere', (_request, response) => response.writeHead(302).end(), 'remote_file_failed', 'was answered with status 302'],
    [
      'an encoding',
      (_request, response) => response.setHeader('content-encoding', 'gzip').end(PNG),
      'remote_file_failed',
      'was sent in an encoding that was not asked for',
    ],
    [
      'half of it',
      (_request, response) => response.setHeader('content-length', 9000).write(PNG, () => response.destroy()),
      'remote_file_failed',
      'could not be fetched',
    ],
    ['no answer', () => undefined, 'remote_file_failed', 'was not there within 500 ms'],
    ['a pause in mid-answer', (_request, response) => response.write(PNG), 'remote_file_failed', 'was not there within 500 ms'],
  ])('tells what is wrong with an answer of %s', async (_case, answer, code, message) => {
    answers.set('/x', answer);
    const patience = message.endsWith('within 500 ms') ? { timeoutMs: 500 } : {};
    expect(await refusal(at('/x'), patience)).toEqual([code, message]);
  });

  it('fails on what is no HTTP, a port that nobody listens on, and a name that is unknown or slow to resolve', async () => {
    const junkPort = await listen(
      createTcpServer((socket) =>
        socket
          .on('error', () => undefined)
          .resume()
          .end('SSH-2.0-junk\r\n'),
      ) as unknown as Server,
    );
    for (const other of [junkPort, 1])
      expect((await refusal(`http://images.test:${other}/`, { hosts: [`images.test:${other}`] }))[0]).toBe('remote_file_failed');
    expect((await refusal(at(), { resolve: () => Promise.reject(new Error('ENOTFOUND')) }))[1]).toBe('could not be fetched');
    expect((await refusal(at(), { resolve: async () => [] }))[1]).toBe('could not be fetched');
    expect((await refusal(at(), { resolve: () => new Promise(() => undefined), timeoutMs: 500 }))[1]).toBe('was not there within 500 ms');
  });

  it("ends with the signal's reason when that fires", async () => {
    answers.set('/slow', () => setTimeout(() => controller.abort(new Error('gone')), 20));
    const controller = new AbortController();
    await expect(fetcher().fetch(at('/slow'), { field, signal: controller.signal })).rejects.toThrow('gone');
    await expect(fetcher().fetch(at(), { field, signal: controller.signal })).rejects.toThrow('gone');
  });

  it('refuses bad options, telling which and where', () => {
    const make = (options: object) => () => new RemoteFetcher({ hosts: ['a.test'], ...options });
    expect(make({ hosts: [] })).toThrow('"hosts" must be a list of at least one host');
    for (const host of ['https://a.test', 'a.test/x', '*', 'a b', 'a@b', '*.*.test', 'a.test:99999', ''])
      expect(make({ hosts: [host] })).toThrow('(set it in new RemoteFetcher()).');
    expect(make({ timeoutMs: 0 })).toThrow('"timeoutMs" must be an integer >= 1, got 0 (set it in new RemoteFetcher()).');
    expect(make({ host: 'x' })).toThrow('"host" is not an option');
  });
});
