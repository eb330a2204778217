import { once } from 'node:events';
import { PassThrough } from 'node:stream';
import { BinaryResult, BusinessError, StageContext, StageHandler } from 'nestage';
import { open, send } from '../support/raw-http.js';
import { ADAPTERS, startTestService, type TestService } from '../support/test-service.js';

const streams = new Map<string, PassThrough>();

/** A stream that a test writes to and reads the fate of. */
function streamFor(logId: string): PassThrough {
  const stream = new PassThrough();
  streams.set(logId, stream);
  return stream;
}

@StageHandler('/file', { request: false })
class FileHandler {
  run(_input: unknown, { logId }: StageContext) {
    return new BinaryResult(streams.get(logId) ?? streamFor(logId), { type: 'image/png', filename: 'a.png' });
  }
}

const cyclic: { self?: unknown } = {};
cyclic.self = cyclic;

const UNSENDABLE: Readonly<Record<string, () => unknown>> = {
  'a cycle': () => cyclic,
  'a bigint': () => ({ count: 1n }),
  'a bare bigint': () => 1n,
  'a toJSON that throws': () => ({
    toJSON: () => {
      throw new Error('private');
    },
  }),
};

@StageHandler('/unsendable', { request: false })
class UnsendableHandler {
  run({ kind }: { kind: string }) {
    return UNSENDABLE[kind]();
  }
}

@StageHandler('/unsendable-items', { request: false })
class UnsendableItemsHandler {
  async *run({ kind }: { kind: string }) {
    yield 1;
    yield UNSENDABLE[kind]();
  }
}

describe.each(ADAPTERS)('binary replies on %s', (adapter) => {
  let service: TestService;
  let calls = 0;

  beforeAll(async () => {
    service = await startTestService({ adapter, providers: [FileHandler, UnsendableHandler, UnsendableItemsHandler] });
  });
  afterAll(() => service.close());

  const begin = () => {
    const logId = `${adapter}-file-${++calls}`;
    const stream = streamFor(logId);
    const headers = { 'content-type': 'application/json', logid: logId };
    return { logId, stream, ...open(service.url, { path: '/file', body: '{}', headers }) };
  };

  /** Until the handler has handed its stream over. */
  const handedOver = async (logId: string): Promise<void> => {
    while (!service.log.of(logId).some((line) => line.startsWith('Post processed'))) await new Promise(setImmediate);
    await new Promise(setImmediate);
  };

  const json = async (reply: AsyncIterable<unknown>) => {
    const chunks: Buffer[] = [];
    for await (const chunk of reply) chunks.push(chunk as Buffer);
    return JSON.parse(Buffer.concat(chunks).toString('utf8')) as Record<string, unknown>;
  };

  it('begin with the first byte, before the last one exists', async () => {
    const { stream, reply } = begin();
    stream.write('first');
    const incoming = await reply;
    const [first] = (await once(incoming, 'data')) as [Buffer];
    stream.end('last');
    const [last] = (await once(incoming, 'data')) as [Buffer];
    expect([incoming.statusCode, String(first), String(last)]).toEqual([200, 'first', 'last']);
  });

  it('that fail before the first byte are ordinary errors', async () => {
    const { stream, reply, logId } = begin();
    await handedOver(logId);
    stream.destroy(new BusinessError('No such page', { status: 404 }));
    const incoming = await reply;
    const { headers } = incoming;
    expect([incoming.statusCode, headers['content-type']]).toEqual([404, 'application/json; charset=utf-8']);
    expect(headers['content-disposition']).toBeUndefined();
    expect(await json(incoming)).toMatchObject({ error: 'business_error', message: 'No such page', logid: logId });
  });

  it('that close without a byte and without an end are errors', async () => {
    const [early, late] = [begin(), begin()];
    early.stream.destroy();
    await handedOver(late.logId);
    late.stream.destroy();
    for (const { reply } of [early, late]) {
      const incoming = await reply;
      expect(incoming.statusCode).toBe(500);
      expect(await json(incoming)).toMatchObject({ error: 'internal_error' });
    }
  });

  it('that fail later are cut, and the error is logged', async () => {
    const { stream, reply, logId } = begin();
    stream.write('first');
    const incoming = await reply;
    await once(incoming, 'data');
    stream.destroy(new Error('disk gone'));
    await expect(json(incoming)).rejects.toThrow('aborted');
    expect(service.log.of(logId)).toContain('Failed to process request: disk gone');
  });

  it('are destroyed when the client leaves', async () => {
    const { stream, reply, outgoing } = begin();
    stream.write('first');
    await once(await reply, 'data');
    const closed = once(stream, 'close');
    outgoing.destroy();
    await closed;
    expect(stream.destroyed).toBe(true);
  });

  it('are destroyed when the client leaves before the first byte', async () => {
    const { stream, reply, outgoing, logId } = begin();
    reply.catch(() => undefined); // it is torn down before it comes
    await handedOver(logId);
    const closed = once(stream, 'close');
    outgoing.destroy();
    await closed;
    expect(stream.destroyed).toBe(true);
    while (!service.log.of(logId).some((line) => line.startsWith('Request finished'))) await new Promise(setImmediate);
    expect(service.log.of(logId).filter((line) => line.startsWith('Failed'))).toEqual([]);
  });

  it.each(Object.keys(UNSENDABLE))('give way to an error where a value can not be sent: %s', async (kind) => {
    const ask = (path: string) =>
      send(service.url, { path, body: JSON.stringify({ kind }), headers: { 'content-type': 'application/json' } });
    const value = await ask('/unsendable');
    expect(value).toMatchObject({ status: 500, json: { error: 'internal_error', logid: value.headers.logid } });
    const items = await ask('/unsendable-items');
    expect(items.text).toMatch(/^data: 1\n\nevent: error\ndata: \{"code":500,"error":"internal_error"/);
    expect(value.text + items.text).not.toContain('private');
  });
});
