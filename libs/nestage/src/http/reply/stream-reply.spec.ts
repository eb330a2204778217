import { createServer, get, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { text } from 'node:stream/consumers';
import { currentLogId } from '../../core/context/context-storage.js';
import { RequestContext } from '../../core/context/request-context.js';
import { MemoryLogWriter } from '../../testing/memory-log-writer.js';
import { StreamReply } from './stream-reply.js';

describe(StreamReply.name, () => {
  let server: Server;
  let context: RequestContext;
  let calls: string[];
  let failures: unknown[];
  let answer: (response: ServerResponse) => void;

  beforeAll((done) => {
    server = createServer((_request, response) => answer(response)).listen(0, '127.0.0.1', done);
  });
  afterAll((done) => void server.close(done));
  beforeEach(() => {
    [calls, failures] = [[], []];
    context = new RequestContext({ logId: 'of-the-request', origin: 'http', headers: {}, writer: new MemoryLogWriter(), startedAt: 0 });
  });

  async function* source(length: number, failure?: Error): AsyncGenerator<string, void, void> {
    try {
      for (let i = 0; i < length; i++) {
        await nextTurn();
        calls.push(currentLogId() ?? 'nobody');
        yield `${i}`;
      }
      if (failure) throw failure;
    } finally {
      calls.push('finally');
    }
  }

  const reply = (chunks: AsyncIterable<string>): StreamReply =>
    new StreamReply({ contentType: 'text/plain', chunks }, context, (error) => failures.push(error));

  const read = (): Promise<string> =>
    new Promise((resolve, reject) => {
      get({ port: (server.address() as AddressInfo).port, agent: false }, (incoming) => {
        text(incoming).then(resolve, reject);
      }).on('error', reject);
    });

  it('is written as it comes, its source within the context of the request', async () => {
    answer = (response) => reply(source(3)).writeTo(response);
    expect(await read()).toBe('012');
    expect(calls).toEqual([...Array<string>(3).fill('of-the-request'), 'finally']);
  });

  it('is a file of the same chunks to Nest', async () => {
    const file = reply(source(3)).toFile();
    expect([await text(file.getStream()), file.getHeaders().type]).toEqual(['012', 'text/plain']);
  });

  it('cuts a response whose chunks fail, and tells why', async () => {
    const failure = new Error('a protocol that fails');
    answer = (response) => reply(source(1, failure)).writeTo(response);
    await expect(read()).rejects.toThrow();
    expect(failures).toEqual([failure]);
  });

  it('closes its source once the request is over, and when it was over before', async () => {
    answer = (response) => {
      reply(source(1000)).writeTo(response);
      response.once('close', () => context.dispose());
    };
    const request = get({ port: (server.address() as AddressInfo).port, agent: false }, (incoming) =>
      incoming.once('data', () => request.destroy()),
    );
    request.on('error', () => undefined);
    while (!calls.includes('finally')) await nextTurn();
    expect([calls.length < 1000, failures]).toEqual([true, []]);
    calls = [];
    answer = (response) => reply(source(1)).writeTo(response);
    expect([await read(), calls]).toEqual(['', []]);
  });
});
