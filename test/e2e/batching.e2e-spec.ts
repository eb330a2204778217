import {
  type StageContext,
  StageEvents,
  type StageEvent,
  AdmissionState,
  BusinessError,
  MetricsRegistry,
  RequestRecords,
  StageHandler,
} from 'nestage';
import { ADAPTERS, startTestService, type TestService } from '../support/test-service.js';
import { until } from '../support/until.js';

/** How each call of runBatch went on, and what holds it back. */
class Model {
  readonly calls: (readonly string[])[] = [];
  private held: (() => void)[] | undefined;

  hold(): void {
    this.held = [];
  }

  /** Lets go what is held, and holds no more. */
  open(): void {
    const held = this.held ?? [];
    this.held = undefined;
    for (const go of held) go();
  }

  async embed(texts: readonly string[]): Promise<(string | Error)[]> {
    this.calls.push(texts);
    if (this.held) await new Promise<void>((resolve) => this.held?.push(resolve));
    if (texts.includes('poison')) throw new Error('the whole batch throws');
    if (texts.includes('shorten')) return ['one'];
    return texts.map((text) => (text === 'refuse' ? new BusinessError('This text is refused') : `<${text}>`));
  }
}

const takeText = ({ text }: { readonly text: string }): string => text;

@StageHandler('/full', { request: false, batch: { maxSize: 32, maxWaitMs: 20_000 } })
@StageHandler('/soon', { request: false, batch: { maxSize: 32, maxWaitMs: 20 } })
@StageHandler('/small', { request: false, queue: 0, batch: { maxSize: 2, maxWaitMs: 0, queue: 2 } })
@StageHandler('/retried', { request: false, retry: { attempts: 2, baseMs: 1 }, batch: { maxSize: 4, maxWaitMs: 5 } })
@StageHandler('/guarded', { request: false, retry: { attempts: 3, baseMs: 1 }, breaker: { errorThreshold: 1 }, batch: { maxWaitMs: 1500 } })
@StageHandler('/alone', { request: false })
class EmbeddingHandler {
  constructor(readonly model: Model) {}
  preProcess(body: { readonly text: string }) {
    return takeText(body);
  }
  run(text: string) {
    return `run: ${text}`;
  }
  runBatch(texts: readonly string[], contexts: readonly StageContext[]) {
    contexts.forEach((context, index) => context.logger.info(`in a batch: ${texts[index]}`));
    return this.model.embed(texts);
  }
  postProcess(text: string) {
    return { text };
  }
}
Reflect.defineMetadata('design:paramtypes', [Model], EmbeddingHandler);

describe.each(ADAPTERS)('batching on %s', (adapter) => {
  let service: TestService;
  let model: Model;
  let events: StageEvent[];

  beforeEach(async () => {
    service = await startTestService({ adapter, providers: [EmbeddingHandler, Model] });
    model = service.app.get(Model);
    const heard: StageEvent[] = [];
    events = heard;
    service.app.get(StageEvents).on((event) => heard.push(event));
  });
  afterEach(async () => {
    model.open();
    await service.close();
  });

  const post = (path: string, text: string, init?: RequestInit): Promise<Response> => service.post(path, { text }, init);
  const eventsOf = (type: StageEvent['type']): StageEvent[] => events.filter((event) => event.type === type);

  it('gives each of 32 requests its own result by one call', async () => {
    const texts = Array.from({ length: 32 }, (_, index) => `text ${index}`);
    const responses = await Promise.all(texts.map((text) => post('/full', text)));
    expect(await Promise.all(responses.map((response) => response.json()))).toEqual(texts.map((text) => ({ text: `<${text}>` })));
    expect(model.calls).toHaveLength(1);
    expect(new Set(model.calls[0])).toEqual(new Set(texts));
    expect(eventsOf('batch.done')).toMatchObject([{ route: '/full', items: 32, calls: 1, outcome: 'ok' }]);
    expect(service.log.messages.filter((message) => message.startsWith('in a batch: '))).toHaveLength(32);
  });

  it('fails one bad input among 31 good ones alone, by at most 2 * log2(32) + 1 calls', async () => {
    const texts = Array.from({ length: 32 }, (_, index) => (index === 13 ? 'poison' : `text ${index}`));
    const responses = await Promise.all(texts.map((text) => post('/full', text)));
    expect(responses.map(({ status }) => status)).toEqual(texts.map((text) => (text === 'poison' ? 500 : 200)));
    expect(await responses[14].json()).toEqual({ text: '<text 14>' });
    expect(model.calls.length).toBeGreaterThan(1);
    expect(model.calls.length).toBeLessThanOrEqual(11);
    expect(eventsOf('batch.done')).toMatchObject([{ outcome: 'partial', calls: model.calls.length }]);
  });

  it('answers the one whose result is an Error with that error', async () => {
    const texts = [...Array.from({ length: 31 }, () => 'good'), 'refuse'];
    const responses = await Promise.all(texts.map((text) => post('/full', text)));
    expect(responses.map(({ status }) => status)).toEqual(texts.map((text) => (text === 'good' ? 200 : 400)));
    expect(await responses[31].json()).toMatchObject({ error: 'business_error', message: 'This text is refused' });
    expect(model.calls).toHaveLength(1);
  });

  it('lets a lone request wait no longer than maxWaitMs', async () => {
    const response = await post('/soon', 'alone');
    expect(await response.json()).toEqual({ text: '<alone>' });
    const [waited] = eventsOf('batch.waited') as { waitedMs: number }[];
    expect(waited.waitedMs).toBeGreaterThanOrEqual(19);
    expect(waited.waitedMs).toBeLessThan(15_000); // far below the other windows, however slow the machine
    const record = service.app.get(RequestRecords).find(response.headers.get('logid') ?? '');
    expect(record).toMatchObject({ waitedMs: { batch: expect.closeTo(waited.waitedMs, 2) } });
  });

  it('goes on without a client that leaves while it waits or while its batch runs', async () => {
    const leaving = new AbortController();
    const waiting = post('/full', 'leaves', { signal: leaving.signal }).catch((error: unknown) => error);
    await until(() => eventsOf('admission.admitted').length === 1);
    leaving.abort();
    await waiting;
    await until(() => eventsOf('batch.left').length === 1);
    expect(eventsOf('batch.left')).toMatchObject([{ route: '/full', cause: 'client_closed' }]);

    model.hold();
    const cutting = new AbortController();
    const cut = post('/full', 'cut', { signal: cutting.signal }).catch((error: unknown) => error);
    const others = Array.from({ length: 31 }, (_, index) => post('/full', `stays ${index}`));
    await until(() => model.calls.length === 1);
    expect(model.calls[0]).not.toContain('leaves');
    cutting.abort();
    await cut;
    await until(() => eventsOf('aborted').length === 2);
    model.open();
    expect((await Promise.all(others)).map(({ status }) => status)).toEqual(others.map(() => 200));
    expect(eventsOf('late_result')).toEqual([]);
    expect(service.app.get(AdmissionState).of('/full')).toMatchObject({ inFlight: 0, abandoned: 0 });
  });

  it('fails a batch of which runBatch gives a wrong number of results, and no other', async () => {
    const texts = [...Array.from({ length: 31 }, () => 'good'), 'shorten'];
    const responses = await Promise.all(texts.map((text) => post('/full', text)));
    expect(new Set(responses.map(({ status }) => status))).toEqual(new Set([502]));
    expect(await responses[0].json()).toMatchObject({ error: 'model_error' });
    expect(eventsOf('batch.done')).toMatchObject([{ outcome: 'failed', calls: 1 }]);
    expect((await post('/soon', 'next')).status).toBe(200);
  });

  it('refuses with 503 and Retry-After what finds no place', async () => {
    model.hold();
    const first = post('/small', 'first');
    await until(() => model.calls.length === 1);
    // one runs, two wait, one more is admitted (concurrency is maxSize x maxConcurrent + queue) and finds the queue of the batches full
    const more = [post('/small', 'second'), post('/small', 'third')];
    await until(() => eventsOf('admission.admitted').length === 3);
    const refused = await post('/small', 'fourth');
    expect([refused.status, refused.headers.get('retry-after')]).toEqual([503, '1']);
    expect(eventsOf('batch.refused')).toMatchObject([{ route: '/small', reason: 'overloaded' }]);
    model.open();
    for (const response of await Promise.all([first, ...more])) expect(response.status).toBe(200);
    expect(model.calls.map((texts) => texts.length)).toEqual([1, 2]);
  });

  it('refuses with 504 what would come too late, without a batch', async () => {
    const response = await post('/full', 'hasty', { headers: { 'x-request-timeout-ms': '10000' } });
    expect([response.status, ((await response.json()) as { error: string }).error]).toEqual([504, 'deadline_exceeded']);
    expect(eventsOf('batch.refused')).toMatchObject([{ reason: 'deadline' }]);
    expect(model.calls).toEqual([]);
  });

  it('neither retries a refusal nor blames the model for it', async () => {
    const hasty = await post('/guarded', 'hasty', { headers: { 'x-request-timeout-ms': '1400' } });
    expect(hasty.status).toBe(504);
    expect(eventsOf('retry')).toEqual([]);
    expect((await post('/guarded', 'patient')).status).toBe(200);
  });

  it('tries each input again by itself', async () => {
    const responses = await Promise.all(['poison', 'good'].map((text) => post('/retried', text)));
    expect(responses.map(({ status }) => status)).toEqual([500, 200]);
    expect(eventsOf('retry')).toHaveLength(1);
    expect(model.calls.filter((texts) => texts.includes('poison')).at(-1)).toEqual(['poison']);
  });

  it('runs a route without the option as ever', async () => {
    expect(await (await post('/alone', 'x')).json()).toEqual({ text: 'run: x' });
    expect(model.calls).toEqual([]);
    expect(service.app.get(AdmissionState).of('/alone')).toMatchObject({ concurrency: 64 });
    expect(service.app.get(AdmissionState).of('/full')).toMatchObject({ concurrency: 96 });
  });

  it('counts batches in the metrics', async () => {
    await Promise.all(Array.from({ length: 32 }, (_, index) => post('/full', index === 0 ? 'refuse' : 'good')));
    const { body } = await service.app.get(MetricsRegistry).scrape();
    expect(body).toContain('nestage_batch_size_sum{path="/full"} 32');
    expect(body).toContain('nestage_batch_size_bucket{le="16",path="/full"} 0');
    expect(body).toContain('nestage_batch_wait_seconds_count{path="/full"} 32');
    expect(body).toContain('nestage_batches_total{path="/full",outcome="partial"} 1');
  });
});

describe('a batch that can not work is a fault at start', () => {
  const faultOf = async (handler: new () => object): Promise<string> => {
    const service = await startTestService({ adapter: 'express', providers: [handler] }).catch((error: Error) => error);
    if (service instanceof Error) return service.message;
    await service.close();
    return 'none';
  };

  it('without runBatch', async () => {
    @StageHandler('/x', { request: false, batch: {} })
    class PlainHandler {
      run(): void {}
    }
    expect(await faultOf(PlainHandler)).toBe(
      `PlainHandler ('/x') has "batch" but no runBatch(): give the class a method runBatch(inputs, contexts).`,
    );
  });

  it('with a queue that holds no full batch', async () => {
    @StageHandler('/x', { request: false, batch: { maxSize: 8, queue: 7 } })
    class NarrowHandler {
      run(): void {}
      runBatch(inputs: unknown[]): undefined[] {
        return inputs.map(() => undefined);
      }
    }
    expect(await faultOf(NarrowHandler)).toBe(
      `NarrowHandler ('/x'): "batch.queue" (7) must be at least "batch.maxSize" (8), or no batch could be full.`,
    );
  });

  it('with an option out of its range', async () => {
    @StageHandler('/x', { request: false, batch: { maxSize: 0 } })
    class EmptyHandler {
      run(): void {}
      runBatch(inputs: unknown[]): undefined[] {
        return inputs.map(() => undefined);
      }
    }
    expect(await faultOf(EmptyHandler)).toContain('"batch.maxSize" must be an integer >= 1, got 0');
  });
});
