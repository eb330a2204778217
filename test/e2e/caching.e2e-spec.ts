import { Injectable } from '@nestjs/common';
import {
  AdmissionState,
  ModelError,
  RequestRecords,
  ResultCache,
  type StageContext,
  type StageEvent,
  StageEvents,
  StageHandler,
} from 'nestage';
import { parseScrape, sumOf } from '../support/scrape.js';
import { ADAPTERS, startTestService, type TestService } from '../support/test-service.js';
import { until } from '../support/until.js';

interface Ask {
  readonly text: string;
}

/** Counts its calls, and holds them until they are let go. */
@Injectable()
class Model {
  readonly calls: StageContext[] = [];
  isHeld = false;
  private held: (() => void)[] = [];

  letGo(): void {
    this.isHeld = false;
    for (const go of this.held.splice(0)) go();
  }

  async answer(text: string, context: StageContext): Promise<{ text: string; call: number }> {
    const call = this.calls.push(context);
    if (this.isHeld) await new Promise<void>((resolve) => this.held.push(resolve));
    if (text === 'fail') throw new ModelError('The model is out of order');
    context.response.setHeader('x-model-call', call);
    context.state.set('call', call);
    return { text: text.toUpperCase(), call };
  }
}

const inject = (type: new (...args: never[]) => unknown): void => Reflect.defineMetadata('design:paramtypes', [Model], type);

@StageHandler('/joined', { request: false, coalesce: true, concurrency: 1, queue: 0 })
@StageHandler('/kept', { request: false, cache: { ttlMs: 60_000 }, concurrency: 1, queue: 0, breaker: { errorThreshold: 1 } })
@StageHandler('/hasty', { request: false, cache: { ttlMs: 60_000 }, timeoutMs: 60_000 })
class AnswerHandler {
  constructor(readonly model: Model) {}
  run({ text }: Ask, context: StageContext) {
    return this.model.answer(text, context);
  }
  /** Changes what it is given, as it may. */
  postProcess(result: { text: string; call: number; seen?: unknown }, context: StageContext) {
    result.text += '!';
    return { ...result, seen: context.state.get('call') };
  }
}
inject(AnswerHandler);

@StageHandler('/streamed', { request: false, cache: { ttlMs: 60_000 } })
@StageHandler('/joined-stream', { request: false, coalesce: true })
class StreamHandler {
  constructor(readonly model: Model) {}
  async *run({ text }: Ask, context: StageContext) {
    const { call } = await this.model.answer('', context);
    for (const letter of text) {
      if (letter === '#') throw new ModelError('The stream breaks');
      if (letter === '|') {
        this.model.isHeld = true;
        await this.model.answer('', context);
      }
      yield { letter, call };
    }
  }
}
inject(StreamHandler);

describe.each(ADAPTERS)('coalescing and caching on %s', (adapter) => {
  let service: TestService;
  let model: Model;
  let events: StageEvent[];

  beforeEach(async () => {
    service = await startTestService({ adapter, providers: [AnswerHandler, StreamHandler, Model] });
    model = service.app.get(Model);
    const heard: StageEvent[] = [];
    events = heard;
    service.app.get(StageEvents).on((event) => heard.push(event));
  });
  afterEach(async () => {
    model.letGo();
    await service.close();
  });

  const post = (path: string, text: string, init?: RequestInit): Promise<Response> => service.post(path, { text }, init);
  const outcomes = (): unknown[] => events.flatMap((event) => (event.type === 'cache.lookup' ? event.outcome : []));
  const allJoined = (count: number): Promise<void> => until(() => outcomes().length === count);

  it('calls the model once for 50 identical requests, with one permit; one client aborts and the others get theirs', async () => {
    model.isHeld = true;
    const leaving = new AbortController();
    const first = post('/joined', 'hello', { signal: leaving.signal }).catch((error: unknown) => error);
    await until(() => model.calls.length === 1);
    const others = Array.from({ length: 49 }, () => post('/joined', 'hello'));
    await allJoined(50);
    expect(service.app.get(AdmissionState).of('/joined')).toMatchObject({ inFlight: 1, waiting: 0 });
    leaving.abort();
    await first;
    await until(() => events.some(({ type }) => type === 'aborted'));
    expect(model.calls[0].signal.aborted).toBe(false);
    model.letGo();
    const responses = await Promise.all(others);
    expect(responses.map(({ status }) => status)).toEqual(others.map(() => 200));
    for (const response of responses) {
      expect(await response.json()).toEqual({ text: 'HELLO!', call: 1, seen: 1 });
      expect([response.headers.get('x-model-call'), response.headers.get('cache-status')]).toEqual(['1', 'nestage; fwd=miss; collapsed']);
    }
    expect(model.calls).toHaveLength(1);
    expect(outcomes()).toEqual(['miss', ...others.map(() => 'joined')]);
    expect(await (await post('/joined', 'hello')).json()).toMatchObject({ call: 2 }); // nothing is kept without `cache`
  });

  it("fires the model's signal when the last of several clients has gone, and not before", async () => {
    model.isHeld = true;
    const clients = Array.from({ length: 3 }, () => new AbortController());
    const asked = clients.map(({ signal }) => post('/joined', 'hello', { signal }).catch((error: unknown) => error));
    await allJoined(3);
    for (const [index, client] of clients.entries()) {
      expect(model.calls[0].signal.aborted).toBe(false);
      client.abort();
      await asked[index];
      await until(() => events.filter(({ type }) => type === 'aborted').length === index + 1);
    }
    expect(model.calls[0].signal.aborted).toBe(true);
    expect(model.calls[0].signal.reason).toMatchObject({ abortCause: 'client_closed' });
    model.letGo();
    await until(() => service.app.get(AdmissionState).of('/joined')?.inFlight === 0);
    expect(events.filter(({ type }) => type === 'late_result')).toHaveLength(1);
    expect(await (await post('/joined', 'hello')).json()).toMatchObject({ call: 2 });
  });

  it('ends the wait of each client by its own deadline', async () => {
    model.isHeld = true;
    const patient = post('/hasty', 'hello');
    await until(() => model.calls.length === 1);
    const hasty = await post('/hasty', 'hello', { headers: { 'x-request-timeout-ms': '50' } });
    expect(hasty.status).toBe(504);
    expect(model.calls[0].signal.aborted).toBe(false);
    model.letGo();
    expect((await patient).status).toBe(200);
  });

  it('lets the work of a hasty client go on for a patient one', async () => {
    model.isHeld = true;
    const hasty = post('/hasty', 'hello', { headers: { 'x-request-timeout-ms': '3000' } });
    await until(() => model.calls.length === 1);
    const hastyDeadline = model.calls[0].deadline ?? 0;
    const patient = post('/hasty', 'hello');
    await allJoined(2);
    expect(model.calls[0].deadline).toBeGreaterThan(hastyDeadline + 30_000);
    expect((await hasty).status).toBe(504);
    model.letGo();
    expect(await (await patient).json()).toMatchObject({ call: 1 });
    expect(model.calls).toHaveLength(1);
  });

  it('gives a kept result although no place is free, or the breaker is open; what a stage does with it is its own', async () => {
    expect(await (await post('/kept', 'one')).json()).toEqual({ text: 'ONE!', call: 1, seen: 1 });
    model.isHeld = true;
    const holding = post('/kept', 'two');
    await until(() => model.calls.length === 2);
    expect((await post('/kept', 'three')).status).toBe(503);
    const hit = await post('/kept', 'one');
    expect(await hit.json()).toEqual({ text: 'ONE!', call: 1, seen: 1 });
    expect(hit.headers.get('x-model-call')).toBe('1');
    expect(hit.headers.get('cache-status')).toMatch(/^nestage; hit; ttl=(?:60|5\d)$/);
    model.letGo();
    await holding;
    expect((await post('/kept', 'fail')).status).toBe(502);
    expect((await post('/kept', 'three')).status).toBe(503);
    expect(await (await post('/kept', 'one')).json()).toEqual({ text: 'ONE!', call: 1, seen: 1 });
  });

  it('gives an error to all who wait for it, and keeps none', async () => {
    model.isHeld = true;
    const asked = Array.from({ length: 5 }, () => post('/hasty', 'fail'));
    await allJoined(5);
    model.letGo();
    expect((await Promise.all(asked)).map(({ status }) => status)).toEqual([502, 502, 502, 502, 502]);
    expect(model.calls).toHaveLength(1);
    await post('/hasty', 'fail');
    expect(model.calls).toHaveLength(2);
  });

  it('keeps apart clients with different credentials, unless the key says otherwise', async () => {
    await post('/kept', 'mine', { headers: { authorization: 'Bearer a' } });
    const other = await post('/kept', 'mine', { headers: { authorization: 'Bearer b' } });
    const same = await post('/kept', 'mine', { headers: { authorization: 'Bearer a' } });
    expect([await other.json(), await same.json()]).toMatchObject([{ call: 2 }, { call: 1 }]);
  });

  it('runs anew for Cache-Control: no-cache, and keeps what that gave; keeps and shares nothing for no-store', async () => {
    const ask = async (control?: string): Promise<unknown> => {
      const response = await post('/kept', 'x', { headers: control ? { 'cache-control': control } : {} });
      return ((await response.json()) as { call: number }).call;
    };
    expect([await ask(), await ask('no-cache'), await ask(), await ask('no-store'), await ask(), await ask('max-age=100')]).toEqual([
      1, 2, 2, 3, 2, 2,
    ]);
    expect(outcomes()).toEqual(['miss', 'miss', 'hit', 'bypass', 'hit', 'hit']);
  });

  it('replays a stream item by item to those who join it late and to those who come later', async () => {
    const first = await post('/streamed', 'ab|cd');
    await until(() => model.calls.length === 2);
    const late = await post('/streamed', 'ab|cd');
    expect(late.headers.get('cache-status')).toBe('nestage; fwd=miss; collapsed');
    model.letGo();
    const text = await first.text();
    expect(text.match(/"letter":"."/g)).toHaveLength(5);
    expect(await late.text()).toBe(text);
    const kept = await post('/streamed', 'ab|cd');
    expect(kept.headers.get('cache-status')).toMatch(/^nestage; hit/);
    expect([await kept.text(), kept.headers.get('content-type')]).toEqual([text, first.headers.get('content-type')]);
    expect(model.calls).toHaveLength(2);
  });

  it("goes on with a stream although its first client leaves, and fires the model's signal with the last one", async () => {
    const leaving = new AbortController();
    const first = await post('/joined-stream', 'ab|cd', { signal: leaving.signal });
    await until(() => model.calls.length === 2);
    const staying = new AbortController();
    const second = await post('/joined-stream', 'ab|cd', { signal: staying.signal });
    const third = await post('/joined-stream', 'ab|cd');
    leaving.abort();
    await first.text().catch(() => undefined);
    await until(() => events.filter(({ type }) => type === 'aborted').length === 1);
    expect(model.calls[0].signal.aborted).toBe(false);
    model.letGo();
    expect((await second.text()).match(/"letter":"."/g)).toHaveLength(5);
    expect((await third.text()).match(/"letter":"."/g)).toHaveLength(5);

    const last = new AbortController();
    const fourth = await post('/joined-stream', 'ab|cd', { signal: last.signal });
    await until(() => model.calls.length === 4);
    last.abort();
    await fourth.text().catch(() => undefined);
    await until(() => model.calls[2].signal.aborted);
  });

  it('fails for all who read it when a stream fails midway, and does not keep it', async () => {
    const asked = await Promise.all(Array.from({ length: 3 }, () => post('/streamed', 'ab#')));
    const texts = await Promise.all(asked.map((response) => response.text()));
    for (const text of texts) {
      expect(text.match(/"letter":"."/g)).toHaveLength(2);
      expect(text).toContain('model_error');
    }
    const { length } = model.calls;
    await (await post('/streamed', 'ab#')).text();
    expect(model.calls).toHaveLength(length + 1);
  });

  it('tells of hits in the log, the records, the metrics and /stats, and forgets by ResultCache', async () => {
    const made = await post('/kept', 'one');
    const hit = await post('/kept', 'one');
    const [madeId, hitId] = [made, hit].map((response) => response.headers.get('logid') ?? '');
    expect(service.log.of(hitId)).toContainEqual(
      expect.stringMatching(new RegExp(`^Cache hit: the result of ${madeId}, \\d+\\.\\d s old$`)),
    );
    await until(() => service.app.get(RequestRecords).find(hitId) !== undefined);
    expect(service.app.get(RequestRecords).find(hitId)).toMatchObject({ cache: 'hit', runLogId: madeId });
    const scrape = parseScrape(await (await fetch(`${service.url}/metrics`)).text());
    expect(sumOf(scrape, 'nestage_cache_requests_total', { path: '/kept', outcome: 'hit' })).toBe(1);
    expect(sumOf(scrape, 'nestage_cache_requests_total', { path: '/kept', outcome: 'miss' })).toBe(1);
    expect(sumOf(scrape, 'nestage_cache_entries', { path: '/kept' })).toBe(1);
    expect(sumOf(scrape, 'nestage_cache_bytes', { path: '/kept' })).toBeGreaterThan(10);
    const stats = (await (await fetch(`${service.url}/stats`)).json()) as { cache: Record<string, unknown> };
    expect(stats.cache['/kept']).toMatchObject({ hits: 1, misses: 1, joined: 0, bypasses: 0, evictions: 0, entries: 1 });
    expect(service.app.get(ResultCache).clear('/kept')).toBe(1);
    expect(await (await post('/kept', 'one')).json()).toMatchObject({ call: 2 });
  });
});
