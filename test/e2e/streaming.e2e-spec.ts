import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import { IsInt, IsString } from 'class-validator';
import { BusinessError, currentLogId, ModelError, StageContext, StageHandler } from 'nestage';
import { open, type RawRequest, send } from '../support/raw-http.js';
import { ADAPTERS, startTestService, type TestService } from '../support/test-service.js';

/** A promise that a test settles by hand. */
class Latch {
  release!: () => void;
  readonly released = new Promise<void>((resolve) => (this.release = resolve));
}

/** What the handlers of one test and the test itself tell each other, by the log id of the request. */
class Stagehand {
  readonly begun = new Latch();
  readonly go = new Latch();
  readonly ended = new Latch();
  produced = 0;
  sawAbort = false;
}

const stagehands = new Map<string, Stagehand>();

function stagehandOf({ logId }: StageContext): Stagehand {
  return stagehands.get(logId) ?? new Stagehand();
}

@StageHandler('/count', { request: false })
class CountHandler {
  async *run({ to }: { to: number }) {
    for (let number = 1; number <= to; number++) yield { number };
  }

  postProcess({ number }: { number: number }) {
    return { number, square: number * number };
  }
}

@StageHandler('/later', { request: false })
class PromisedHandler {
  async run() {
    await Promise.resolve();
    return (async function* () {
      yield 'a\nb';
      yield null;
      yield undefined;
      yield 5;
    })();
  }
}

@StageHandler('/gated', { request: false })
class GatedHandler {
  async *run(_input: unknown, context: StageContext) {
    const stagehand = stagehandOf(context);
    yield { item: 'first' };
    await stagehand.go.released;
    yield { item: 'last' };
    stagehand.ended.release();
  }
}

const LARGE_ITEMS = 2000;

@StageHandler('/large', { request: false })
class LargeHandler {
  async *run(_input: unknown, context: StageContext) {
    const stagehand = stagehandOf(context);
    const text = 'x'.repeat(64 * 1024);
    try {
      for (; stagehand.produced < LARGE_ITEMS; stagehand.produced++) yield { text };
    } finally {
      stagehand.ended.release();
    }
  }
}

@StageHandler('/endless', { request: false })
class EndlessHandler {
  async *run({ kind }: { kind: string }, context: StageContext) {
    const stagehand = stagehandOf(context);
    stagehand.begun.release();
    try {
      if (kind !== 'silent') yield { item: 0 };
      if (kind !== 'deaf') await once(context.signal, 'abort');
      for (let item = 1; kind === 'deaf'; item++) {
        await new Promise(setImmediate);
        yield { item };
      }
    } finally {
      stagehand.sawAbort = context.signal.aborted;
      stagehand.ended.release();
    }
  }
}

@StageHandler('/failing', { request: false })
class FailingHandler {
  async *run({ after, error }: { after: number; error: string }) {
    for (let item = 0; item < after; item++) yield { item };
    if (error === 'business') throw new BusinessError('Out of paper', { status: 409 });
    if (error === 'model') throw new ModelError('secret');
    throw 'secret'; // eslint-disable-line @typescript-eslint/only-throw-error -- anything can be thrown
  }
}

@StageHandler('/failing-early', { request: false })
class FailingEarlyHandler {
  run(): AsyncIterable<never> {
    throw new BusinessError('No generator at all', { status: 422 });
  }
}

@StageHandler('/failing-items', { request: false })
class FailingItemsHandler {
  static readonly closed: number[] = [];

  async *run({ at }: { at: number }) {
    try {
      for (let item = 0; item < 4; item++) yield { item, isBad: item === at };
    } finally {
      FailingItemsHandler.closed.push(at);
    }
  }

  postProcess(item: { item: number; isBad: boolean }) {
    if (item.isBad) throw new BusinessError('Bad item', { status: 409 });
    return item;
  }
}

class Token {
  @IsInt() index: number;
  @IsString() text: string;
}

@StageHandler('/tokens', { request: false, response: Token })
class TokensHandler {
  async *run({ bad }: { bad?: number }): AsyncGenerator<Token> {
    for (let index = 0; index < 3; index++) {
      yield { index, text: index === bad ? (42 as unknown as string) : `t${index}`, internal: 'hidden' } as Token;
    }
  }
}

@StageHandler('/log-ids', { request: false })
class LogIdHandler {
  async *run(_input: unknown, context: StageContext) {
    const stagehand = stagehandOf(context);
    yield { inRun: currentLogId() };
    await stagehand.go.released;
    for (let item = 0; item < 20; item++) {
      yield { inRun: currentLogId(), padding: 'x'.repeat(40_000) };
      await new Promise(setImmediate);
    }
  }

  async postProcess(item: object) {
    await Promise.resolve();
    return { ...item, inPostProcess: currentLogId() };
  }
}

const HANDLERS = [
  CountHandler,
  PromisedHandler,
  GatedHandler,
  LargeHandler,
  EndlessHandler,
  FailingHandler,
  FailingEarlyHandler,
  FailingItemsHandler,
  TokensHandler,
  LogIdHandler,
];

const SSE = 'text/event-stream; charset=utf-8';
const NDJSON = 'application/x-ndjson; charset=utf-8';

/** The events of a stream as their names and data; an event that was cut is an error. */
function eventsOf(
  text: string,
): readonly { readonly event: string; readonly data: any }[] /* eslint-disable-line @typescript-eslint/no-explicit-any */ {
  expect(text === '' || text.endsWith('\n\n')).toBe(true);
  return text
    .split('\n\n')
    .slice(0, -1)
    .map((block) => {
      const { event = 'message', data } = /^(?:event: (?<event>.*)\n)?data: (?<data>.*)$/.exec(block)?.groups ?? {};
      return { event, data: JSON.parse(data) as unknown };
    });
}

describe.each(ADAPTERS)('streaming on %s', (adapter) => {
  let service: TestService;
  let calls = 0;

  beforeAll(async () => {
    service = await startTestService({ adapter, providers: HANDLERS });
  });
  afterAll(() => service.close());

  const request = (path: string, body: object = {}, headers: Record<string, string> = {}): RawRequest => ({
    path,
    body: JSON.stringify(body),
    headers: { 'content-type': 'application/json', ...headers },
  });
  const post = (path: string, body?: object, headers?: Record<string, string>) => send(service.url, request(path, body, headers));

  /** Opens a stream whose handler can be talked to. */
  const begin = (path: string, body = {}) => {
    const logId = `${adapter}-${++calls}`;
    const stagehand = new Stagehand();
    stagehands.set(logId, stagehand);
    return { logId, stagehand, ...open(service.url, request(path, body, { logid: logId })) };
  };

  const nextChunk = async (reply: IncomingMessage): Promise<string> => {
    const [chunk] = (await once(reply, 'data')) as [Buffer];
    return chunk.toString('utf8');
  };

  const lastLine = async (logId: string): Promise<string> => {
    const isClosed = () => service.log.of(logId).some((line) => line.startsWith('Request finished'));
    while (!isClosed()) await new Promise(setImmediate);
    await post('/count', { to: 1 }); // whatever would come after it has come by now
    return service.log.of(logId).at(-1) ?? '';
  };

  it('sends items as server-sent events, postProcess applied to each', async () => {
    const { status, headers, text } = await post('/count', { to: 3 });
    expect(status).toBe(200);
    expect(headers).toMatchObject({ 'content-type': SSE, 'cache-control': 'no-cache, no-transform', 'x-accel-buffering': 'no' });
    expect(headers['content-length']).toBeUndefined();
    expect(text).toBe('data: {"number":1,"square":1}\n\ndata: {"number":2,"square":4}\n\ndata: {"number":3,"square":9}\n\n');
  });

  it.each([
    ['application/x-ndjson', NDJSON],
    ['application/ndjson', NDJSON],
    ['application/json, application/x-ndjson;q=0.9', NDJSON],
    ['text/event-stream', SSE],
    ['text/event-stream, application/x-ndjson', SSE],
    ['*/*', SSE],
  ])('answers Accept: %s with %s', async (accept, contentType) => {
    const { headers, text } = await post('/count', { to: 2 }, { accept });
    expect(headers['content-type']).toBe(contentType);
    if (contentType === NDJSON) expect(text).toBe('{"number":1,"square":1}\n{"number":2,"square":4}\n');
    else expect(eventsOf(text)).toHaveLength(2);
  });

  it('takes a promise of items, and items of any JSON', async () => {
    expect((await post('/later')).text).toBe('data: "a\\nb"\n\ndata: null\n\ndata: null\n\ndata: 5\n\n');
  });

  it('sends no item of an empty stream', async () => {
    const { status, headers, text } = await post('/count', { to: 0 });
    expect([status, headers['content-type'], text]).toEqual([200, SSE, '']);
  });

  it('sends the first item before the last one exists', async () => {
    const { stagehand, reply } = begin('/gated');
    const incoming = await reply;
    expect(await nextChunk(incoming)).toBe('data: {"item":"first"}\n\n');
    stagehand.go.release();
    expect(await nextChunk(incoming)).toBe('data: {"item":"last"}\n\n');
    await stagehand.ended.released;
  });

  it('lets a client that does not read hold the handler back', async () => {
    const { stagehand, reply, outgoing, logId } = begin('/large');
    const incoming = await reply;
    // As many round trips as an unbounded producer would need to run to its end.
    for (let round = 0; round < 100; round++) await post('/count', { to: 1 });
    const { produced } = stagehand;
    expect(produced).toBeGreaterThan(0);
    expect(produced).toBeLessThan(LARGE_ITEMS / 4);
    for (let round = 0; round < 50; round++) await post('/count', { to: 1 });
    expect(stagehand.produced).toBe(produced);

    incoming.resume();
    await once(incoming, 'end');
    outgoing.destroy();
    expect(stagehand.produced).toBe(LARGE_ITEMS);
    expect(await lastLine(logId)).toMatch(/^Request finished: POST \/large 200, cost/);
  });

  it("runs the handler's finally when a client that does not read leaves", async () => {
    const { stagehand, reply, outgoing } = begin('/large');
    await reply;
    for (let round = 0; round < 20; round++) await post('/count', { to: 1 });
    outgoing.destroy();
    await stagehand.ended.released;
    expect(stagehand.produced).toBeLessThan(LARGE_ITEMS);
  });

  it.each([
    ['that waits for its signal', 'waiting'],
    ['that ignores its signal and yields', 'deaf'],
  ])('runs the finally of a handler %s when the client leaves', async (_fact, kind) => {
    const { stagehand, reply, outgoing, logId } = begin('/endless', { kind });
    await nextChunk(await reply);
    outgoing.destroy();
    await stagehand.ended.released;
    expect(stagehand.sawAbort).toBe(true);
    expect(await lastLine(logId)).toMatch(/^Request finished: POST \/endless aborted \(client_closed\)/);
    expect(service.log.of(logId).filter((line) => /fail|error/i.test(line))).toEqual([]);
  });

  it('runs the finally of a handler whose client leaves before the first item', async () => {
    const { stagehand, reply, outgoing, logId } = begin('/endless', { kind: 'silent' });
    reply.catch(() => undefined); // it is torn down before it comes
    await stagehand.begun.released;
    outgoing.destroy();
    await stagehand.ended.released;
    expect(stagehand.sawAbort).toBe(true);
    expect(await lastLine(logId)).toMatch(/aborted \(client_closed\)/);
  });

  it.each([
    ['/failing', { after: 0, error: 'business' }, 409, 'business_error', 'Out of paper'],
    ['/failing', { after: 0, error: 'model' }, 502, 'model_error', 'Service temporarily unavailable'],
    ['/failing', { after: 0, error: 'string' }, 500, 'internal_error', 'Something went wrong'],
    ['/failing-early', {}, 422, 'business_error', 'No generator at all'],
    ['/failing-items', { at: 0 }, 409, 'business_error', 'Bad item'],
    ['/tokens', { bad: 0 }, 500, 'invalid_response', 'Service temporarily unavailable'],
  ])('answers an error before the first item as any other: %s %j', async (path, body, status, error, message) => {
    for (const accept of ['text/event-stream', 'application/x-ndjson']) {
      const reply = await post(path, body, { accept });
      expect(reply).toMatchObject({ status, headers: { 'content-type': 'application/json; charset=utf-8' } });
      expect(reply.json).toEqual({ code: status, error, message, data: null, logid: reply.headers.logid });
      for (const name of ['x-accel-buffering', 'cache-control']) expect(reply.headers[name]).toBeUndefined();
    }
  });

  it.each([
    ['/failing', { after: 2, error: 'business' }, 409, 'business_error', 'Out of paper'],
    ['/failing', { after: 2, error: 'model' }, 502, 'model_error', 'Service temporarily unavailable'],
    ['/failing', { after: 2, error: 'string' }, 500, 'internal_error', 'Something went wrong'],
    ['/failing-items', { at: 2 }, 409, 'business_error', 'Bad item'],
    ['/tokens', { bad: 2 }, 500, 'invalid_response', 'Service temporarily unavailable'],
  ])('ends with an error event after the first item: %s %j', async (path, body, code, error, message) => {
    const sse = await post(path, body);
    const events = eventsOf(sse.text);
    expect(sse.status).toBe(200);
    expect(events.map(({ event }) => event)).toEqual(['message', 'message', 'error']);
    expect(events[2].data).toEqual({ code, error, message, data: null, logid: sse.headers.logid });
    expect(await lastLine(sse.headers.logid as string)).toContain(`error ${error}`);

    const ndjson = await post(path, body, { accept: 'application/x-ndjson' });
    const lines = ndjson.text.trimEnd().split('\n');
    expect(lines).toHaveLength(3);
    expect(JSON.parse(lines[2])).toEqual({ error: { code, error, message, data: null, logid: ndjson.headers.logid } });
  });

  it('closes a handler whose items fail later on', async () => {
    FailingItemsHandler.closed.length = 0;
    await post('/failing-items', { at: 0 });
    await post('/failing-items', { at: 2 });
    expect(FailingItemsHandler.closed).toEqual([0, 2]);
  });

  it('checks each item against the response DTO and strips what that does not declare', async () => {
    const { text } = await post('/tokens');
    expect(eventsOf(text).map(({ data }) => data as Token)).toEqual([0, 1, 2].map((index) => ({ index, text: `t${index}` })));
  });

  it('has the right log id inside of every item, however late', async () => {
    const streams = Array.from({ length: 10 }, () => begin('/log-ids'));
    const replies = await Promise.all(streams.map(({ reply }) => reply));
    for (const { stagehand } of streams) stagehand.go.release();
    const texts = await Promise.all(
      replies.map(async (reply) => {
        const chunks: Buffer[] = [];
        for await (const chunk of reply) chunks.push(chunk as Buffer);
        return Buffer.concat(chunks).toString('utf8');
      }),
    );
    texts.forEach((text, index) => {
      const { logId } = streams[index];
      const items = eventsOf(text).map(({ data }) => data as { inRun: string; inPostProcess: string });
      expect(items).toHaveLength(21);
      expect(new Set(items.flatMap(({ inRun, inPostProcess }) => [inRun, inPostProcess]))).toEqual(new Set([logId]));
    });
  });
});

describe.each(ADAPTERS)('a hundred requests in flight at once on %s', (adapter) => {
  const COUNT = 100;
  const all = { waiting: 0, met: new Latch() };

  /** Resolves when every request has come to this point. */
  const meet = async (): Promise<void> => {
    if (++all.waiting === COUNT) all.met.release();
    await all.met.released;
  };

  @StageHandler('/value', { request: false })
  class ValueHandler {
    preProcess({ number }: { number: number }, { logger }: StageContext) {
      logger.info(`value ${number}`);
      return number;
    }

    async run(number: number, context: StageContext) {
      await meet();
      if (number % 10 === 0) throw new ModelError(`value ${number} failed`);
      context.logger.info(`value ${number} in ${currentLogId()}`);
      return { number };
    }
  }

  @StageHandler('/stream', { request: false })
  class StreamHandler {
    async *run({ number }: { number: number }, context: StageContext) {
      await meet();
      if (number % 10 === 1) throw new BusinessError(`stream ${number} refused`);
      for (let item = 0; item < 3; item++) {
        await new Promise(setImmediate);
        context.logger.info(`stream ${number} item ${item} in ${currentLogId()}`);
        yield { number, item };
        if (number % 10 === 3) throw new ModelError(`stream ${number} broke`);
      }
    }
  }

  /** The lines that a request must leave, without what differs by chance. */
  const expectedLines = (number: number, logId: string): string[] => {
    const body = `{"number":${number}}`;
    const bytes = `POST application/json ${body.length} bytes`;
    const isStream = number % 2 === 1;
    const first = [`Request handler type: ${isStream ? 'StreamHandler' : 'ValueHandler'}`, `Request body: ${bytes}, Parse Params: ${body}`];
    const end = (path: string, outcome: string): string => `Request finished: POST ${path} ${outcome}, cost N ms`;
    const failed = (text: string): string[] => [`Failed to process request: ${text}`, 'Error details: {...}'];
    if (!isStream) {
      const begun = [...first, `value ${number}`, `Pre processed: ${number}`];
      if (number % 10 === 0) {
        return [...begun, ...failed(`value ${number} failed`), end('/value', '502, tier L3, error model_error')];
      }
      const done = [`value ${number} in ${logId}`, `Inference result: ${body}`, `Post processed: ${body}`];
      return [...begun, ...done, end('/value', '200')];
    }
    const begun = [...first, `Pre processed: ${body}`];
    if (number % 10 === 1) {
      return [...begun, ...failed(`stream ${number} refused`), end('/stream', '400, tier L2, error business_error')];
    }
    const item = (index: number): string => `stream ${number} item ${index} in ${logId}`;
    const opened = [...begun, item(0), 'Inference result: <stream>'];
    if (number % 10 === 3) {
      const broken = ['Post processed: <stream of 1 items>', ...failed(`stream ${number} broke`)];
      return [...opened, ...broken, end('/stream', '200, tier L3, error model_error')];
    }
    return [...opened, item(1), item(2), 'Post processed: <stream of 3 items>', end('/stream', '200')];
  };

  const withoutChance = (line: string): string =>
    line.replace(/cost [\d.]+ ms$/, 'cost N ms').replace(/^Error details: \{.*\}$/, 'Error details: {...}');

  it('leave exactly their own lines each', async () => {
    all.waiting = 0;
    all.met = new Latch();
    const service = await startTestService({ adapter, providers: [ValueHandler, StreamHandler] });
    const numbers = Array.from({ length: COUNT }, (_, number) => number);
    const replies = await Promise.all(
      numbers.map((number) =>
        send(service.url, {
          path: number % 2 === 1 ? '/stream' : '/value',
          body: JSON.stringify({ number }),
          headers: { 'content-type': 'application/json', logid: `call-${number}` },
        }),
      ),
    );
    await service.close();
    expect(replies.filter(({ status }) => status !== 200)).toHaveLength(20);
    for (const number of numbers) {
      const logId = `call-${number}`;
      expect(service.log.of(logId).map(withoutChance)).toEqual(expectedLines(number, logId));
    }
    const ids = new Set(service.log.records.map(({ logId }) => logId));
    expect([...ids].filter((id) => id !== 'default').sort()).toEqual(numbers.map((number) => `call-${number}`).sort());
  });
});
