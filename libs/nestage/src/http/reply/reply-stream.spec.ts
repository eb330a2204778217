import { createServer, get, type Server, type ServerResponse } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { PassThrough } from 'node:stream';
import { setImmediate as nextTurn } from 'node:timers/promises';
import fc from 'fast-check';
import { currentLogId } from '../../core/context/context-storage.js';
import { RequestContext } from '../../core/context/request-context.js';
import { MemoryLogWriter } from '../../testing/memory-log-writer.js';
import { ReplyStream } from './reply-stream.js';

describe(ReplyStream.name, () => {
  let server: Server;
  /** How a response is answered. */
  let answer: (response: ServerResponse) => void;
  /** What the source was asked for and told. */
  let calls: string[];

  beforeAll((done) => {
    server = createServer((_request, response) => answer(response)).listen(0, '127.0.0.1', done);
  });
  afterAll((done) => {
    server.closeAllConnections();
    server.close(done);
  });
  beforeEach(() => {
    calls = [];
  });

  const port = (): number => (server.address() as AddressInfo).port;
  const context = (): RequestContext =>
    new RequestContext({ logId: 'of-the-request', origin: 'http', headers: {}, writer: new MemoryLogWriter(), startedAt: 0 });

  async function* source(chunks: readonly string[]): AsyncGenerator<string, void, void> {
    try {
      for (const chunk of chunks) {
        await nextTurn();
        calls.push(currentLogId() ?? 'nobody');
        yield chunk;
      }
    } finally {
      calls.push('finally');
    }
  }

  const stream = (...chunks: readonly string[]): ReplyStream => new ReplyStream(source(chunks), context());

  const read = (): Promise<string> =>
    new Promise((resolve, reject) => {
      get({ port: port(), agent: false }, (incoming) => {
        let text = '';
        incoming.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
        incoming.on('end', () => resolve(text)).on('error', reject);
      }).on('error', reject);
    });

  /** Bytes as they are on the wire. */
  const readRaw = (request: string): Promise<string> =>
    new Promise((resolve, reject) => {
      let text = '';
      const socket = connect(port(), '127.0.0.1', () => socket.write(request));
      socket.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
      socket.on('close', () => resolve(text)).on('error', reject);
    });

  it('arrives as it was given, whatever characters and lengths its chunks have', async () => {
    const chunk = fc.oneof(fc.string({ unit: 'grapheme' }), fc.constantFrom('', '\r\n', '0\r\n\r\n', 'é€😀', 'x'.repeat(70_000)));
    await fc.assert(
      fc.asyncProperty(fc.array(chunk, { maxLength: 6 }), async (chunks) => {
        answer = (response) => void stream(...chunks).pipe(response);
        expect(await read()).toBe(chunks.join(''));
      }),
      { numRuns: 50 },
    );
  });

  it('runs its source within the context of the request, until its end', async () => {
    answer = (response) => void stream('a', 'b', 'c').pipe(response);
    expect(await read()).toBe('abc');
    expect(calls).toEqual(['of-the-request', 'of-the-request', 'of-the-request', 'finally']);
  });

  it('frames each chunk after the first in one write', async () => {
    const writes: unknown[] = [];
    answer = (response) => {
      const { socket } = response;
      const write = socket?.write.bind(socket) as (chunk: unknown, ...rest: unknown[]) => boolean;
      Object.assign(socket as object, {
        write: (chunk: unknown, ...rest: unknown[]) => {
          writes.push(chunk);
          return write(chunk, ...rest);
        },
      });
      stream('first', 'é', 'third').pipe(response);
    };
    const wire = await readRaw('GET / HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n');
    expect(wire.slice(wire.indexOf('\r\n\r\n') + 4)).toBe('5\r\nfirst\r\n2\r\né\r\n5\r\nthird\r\n0\r\n\r\n');
    expect(writes).toEqual(expect.arrayContaining(['2\r\né\r\n', '5\r\nthird\r\n']));
  });

  it('goes through a write that middleware has replaced', async () => {
    answer = (response) => {
      const write = response.write.bind(response) as (chunk: unknown) => boolean;
      Object.assign(response, { write: (chunk: unknown) => write(String(chunk).toUpperCase()) });
      stream('a', 'b', 'c').pipe(response);
    };
    expect(await read()).toBe('ABC');
  });

  it('waits with a response that is corked', async () => {
    answer = (response) => {
      const piped = stream('a', 'b', 'c');
      piped.pipe(response);
      response.cork();
      piped.once('end', () => response.uncork());
    };
    expect(await read()).toBe('abc');
  });

  it('has no chunks for clients of HTTP/1.0', async () => {
    answer = (response) => void stream('a', 'b', 'c').pipe(response);
    expect(await readRaw('GET / HTTP/1.0\r\n\r\n')).toMatch(/\r\n\r\nabc$/);
  });

  it('waits for its turn on a connection with several requests under way', async () => {
    const responses: ServerResponse[] = [];
    answer = (response) => {
      responses.push(response);
      if (responses.length < 2) return;
      stream('2', '2').pipe(responses[1]);
      setTimeout(() => stream('1', '1').pipe(responses[0]), 5);
    };
    const one = 'GET / HTTP/1.1\r\nhost: x\r\n\r\n';
    const wire = await readRaw(`${one}${one.replace('host: x', 'host: x\r\nconnection: close')}`);
    expect(wire.match(/1\r\n[12]\r\n/g)).toEqual(['1\r\n1\r\n', '1\r\n1\r\n', '1\r\n2\r\n', '1\r\n2\r\n']);
  });

  it('is read as any Readable by whoever does not pipe it to a response', async () => {
    const list: string[] = [];
    for await (const chunk of stream('a', 'b')) list.push(String(chunk));
    expect(list).toEqual(['a', 'b']);
    const heard: string[] = [];
    answer = (response) => {
      const piped = stream('a', 'b');
      piped.on('data', (chunk) => heard.push(String(chunk)));
      piped.pipe(new PassThrough()).pipe(response);
    };
    expect(await read()).toBe('ab');
    answer = (response) => {
      const piped = stream('c', 'd');
      piped.on('data', (chunk) => heard.push(String(chunk)));
      piped.pipe(response);
    };
    expect([await read(), heard]).toEqual(['cd', ['a', 'b', 'c', 'd']]);
  });

  it('leaves the response open where it is told to', async () => {
    answer = (response) => {
      const piped = stream('a');
      piped.pipe(response, { end: false });
      piped.once('end', () => response.end('z'));
    };
    expect(await read()).toBe('az');
  });

  it('closes its source when it is destroyed, and tells whoever listens what a source fails with', async () => {
    const piped = stream('a', 'b');
    piped.read();
    piped.destroy();
    while (!calls.includes('finally')) await nextTurn();
    const failing = new ReplyStream(
      (async function* () {
        yield 'a';
        throw new Error('a protocol that fails');
      })(),
      context(),
    );
    const failed = new Promise((resolve) => failing.once('error', resolve));
    answer = (response) => {
      failing.pipe(response);
      failing.once('error', () => response.destroy());
    };
    await expect(read()).rejects.toThrow();
    expect(await failed).toEqual(new Error('a protocol that fails'));
  });

  it('writes no more to a client that has left', async () => {
    let errors = 0;
    const closed = new Promise<void>((resolve) => {
      answer = (response) => {
        const piped = stream(...Array.from({ length: 1000 }, String));
        piped.pipe(response).on('error', () => errors++);
        response.once('close', () => {
          piped.destroy();
          resolve();
        });
      };
    });
    const request = get({ port: port(), agent: false }, (incoming) => incoming.once('data', () => request.destroy()));
    request.on('error', () => undefined);
    await closed;
    while (!calls.includes('finally')) await nextTurn();
    expect([errors, calls.length < 1000]).toEqual([0, true]);
  });
});
