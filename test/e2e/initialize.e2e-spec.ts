import { setTimeout as sleep } from 'node:timers/promises';
import { Inject, Injectable, Module, Scope } from '@nestjs/common';
import { REQUEST } from '@nestjs/core';
import { type HealthCheckResult, type StageContext, StageHandler, StageModel, StageRuntime, WebService, WebServiceModule } from 'nestage';
import { ADAPTERS, startTestService, type TestService, type TestServiceOptions } from '../support/test-service.js';
import { until } from '../support/until.js';

/** A promise with its ends in the hands of the test. */
class Deferred {
  resolve!: () => void;
  reject!: (error: Error) => void;
  readonly promise = new Promise<void>((resolve, reject) => {
    this.resolve = resolve;
    this.reject = reject;
  });
}

describe.each(ADAPTERS)('initialize on %s', (adapter) => {
  let service: TestService | undefined;
  /** What was called, in order. */
  let calls: string[];

  beforeEach(() => (calls = []));

  afterEach(async () => {
    await service?.close();
    service = undefined;
  });

  async function start(options: Omit<TestServiceOptions, 'adapter'>): Promise<TestService> {
    return (service = await startTestService({ adapter, ...options, options: { health: { cacheMs: 0 }, ...options.options } }));
  }

  const get = (path: string): Promise<Response> => fetch(service!.url + path);

  /** Status of the route, of liveness and of readiness. */
  async function statuses(path: string): Promise<number[]> {
    const replies = await Promise.all([service!.post(path, {}), get('/health/live'), get('/health/ready')]);
    return replies.map(({ status }) => status);
  }

  async function healthOf(): Promise<{ status: number; body: Record<string, unknown> }> {
    const reply = await get('/health');
    return { status: reply.status, body: (await reply.json()) as Record<string, unknown> };
  }

  it('listens first: until all is initialized, routes answer 503 with Retry-After, liveness 200 and readiness 503', async () => {
    const [model, handler] = [new Deferred(), new Deferred()];

    @StageModel()
    class SlowModel {
      initialize(): Promise<void> {
        calls.push('model');
        return model.promise;
      }
    }
    @StageHandler('/slow', { request: false })
    class SlowHandler {
      constructor(readonly slowModel: SlowModel) {}

      initialize(): Promise<void> {
        calls.push('handler');
        return handler.promise;
      }
      run(): object {
        return { served: true };
      }
    }
    await start({ providers: [SlowModel, SlowHandler], isAwaited: false });
    const web = service!.app.get(WebService);

    for (const [expectedCalls, finish] of [
      [['model'], model],
      [['model', 'handler'], handler],
    ] as const) {
      await until(() => calls.length === expectedCalls.length);
      expect(calls).toEqual(expectedCalls);
      expect(web.isReady).toBe(false);
      expect(await statuses('/slow')).toEqual([503, 200, 503]);
      const refused = await service!.post('/slow', {});
      expect(refused.headers.get('retry-after')).toBe('1');
      expect(await refused.json()).toEqual({
        code: 503,
        error: 'not_ready',
        message: 'Service temporarily unavailable',
        data: null,
        logid: refused.headers.get('logid'),
      });
      expect((await healthOf()).body).toMatchObject({ status: 'unhealthy' });
      finish.resolve();
    }

    await web.whenReady();
    expect(web.isReady).toBe(true);
    expect(await statuses('/slow')).toEqual([200, 200, 200]);
    expect(await healthOf()).toMatchObject({
      status: 200,
      body: { status: 'healthy', stages: { SlowModel: 'ready', SlowHandler: 'ready' } },
    });
    expect(calls).toEqual(['model', 'handler']);
  });

  it('logs the start, each duration and that of the whole', async () => {
    @StageModel()
    class LoggedModel {
      initialize(): Promise<void> {
        return sleep(120);
      }
    }
    @StageHandler('/logged', { request: false })
    class LoggedHandler {
      run(): void {}
    }
    const { log } = await start({ providers: [LoggedModel, LoggedHandler] });
    expect(log.messages).toEqual([
      'Starting web service',
      'Register handler for request_type: any',
      'Register route: /logged, handler_cls: LoggedHandler',
      expect.stringMatching(/^Initialized model LoggedModel, cost (?!0\.0)\d+\.\ds$/),
      expect.stringMatching(/^Initialized handler LoggedHandler, cost \d+\.\ds$/),
      expect.stringMatching(/^Initialize config success, cost (?!0\.0)\d+\.\ds$/),
    ]);
  });

  it('initializes in the order of injection, also through ordinary providers, slow factories and properties, each unit once', async () => {
    const begin = (name: string, ms: number) => async (): Promise<void> => {
      calls.push(`${name} begins`);
      await sleep(ms);
      calls.push(`${name} is ready`);
    };
    @StageModel()
    class Tokenizer {
      initialize = begin('tokenizer', 60);
    }
    @Injectable()
    class Vocabulary {
      constructor(readonly tokenizer: Tokenizer) {}
    }
    @StageModel()
    class Encoder {
      @Inject() readonly vocabulary: Vocabulary;
      constructor(@Inject('SLOW') readonly slow: string) {}
      initialize = begin('encoder', 10);
    }
    @StageModel()
    class Detector {
      initialize = begin('detector', 20);
    }
    abstract class Neighbour {}
    @StageHandler('/first', { request: false })
    @StageHandler('/also-first', { request: false })
    class FirstHandler {
      @Inject() readonly neighbour: Neighbour;
      @Inject() readonly encoder: Encoder;
      constructor(@Inject('SLOW') readonly slow: string) {}
      initialize = begin('first', 5);
      run(): void {}
    }
    @StageHandler('/second', { request: false })
    class SecondHandler {
      initialize = begin('second', 30);
      run(): void {}
    }
    const slow = { provide: 'SLOW', useFactory: () => sleep(50, 'slow') };
    const neighbour = { provide: Neighbour, useExisting: SecondHandler };
    await start({ providers: [FirstHandler, SecondHandler, neighbour, Encoder, Detector, Vocabulary, Tokenizer, slow] });
    expect(calls).toEqual([
      'tokenizer begins',
      'detector begins',
      'detector is ready',
      'tokenizer is ready',
      'encoder begins',
      'encoder is ready',
      'second begins',
      'second is ready',
      'first begins',
      'first is ready',
    ]);
    expect(await statuses('/also-first')).toEqual([200, 200, 200]);
  });

  it('warms up before it is ready', async () => {
    const warmup = new Deferred();

    @StageHandler('/warm', { request: false })
    class WarmHandler {
      initialize(): void {
        calls.push('initialize');
      }
      warmup(signal: AbortSignal): Promise<void> {
        calls.push(`warmup ${signal.aborted}`);
        return warmup.promise;
      }
      run(): object {
        return {};
      }
    }
    await start({ providers: [WarmHandler], isAwaited: false });
    await until(() => calls.length === 2);
    expect(calls).toEqual(['initialize', 'warmup false']);
    expect(await statuses('/warm')).toEqual([503, 200, 503]);
    warmup.resolve();
    await service!.app.get(WebService).whenReady();
    expect(await statuses('/warm')).toEqual([200, 200, 200]);
  });

  it('never becomes ready and logs why when initialize fails', async () => {
    @StageModel()
    class BrokenModel {
      initialize(): never {
        throw new Error('weights.bin has 0 bytes');
      }
    }
    @StageHandler('/broken', { request: false })
    class BrokenHandler {
      constructor(readonly model: BrokenModel) {}
      initialize(): void {
        calls.push('handler');
      }
      run(): void {}
    }
    await start({ providers: [BrokenModel, BrokenHandler], isAwaited: false });
    await expect(service!.app.get(WebService).whenReady()).rejects.toThrow('weights.bin has 0 bytes');
    expect(await statuses('/broken')).toEqual([503, 200, 503]);
    expect(await healthOf()).toMatchObject({ status: 503, body: { status: 'unhealthy', stages: { BrokenModel: 'failed' } } });
    expect(calls).toEqual([]);
    const { records } = service!.log;
    expect(records).toContainEqual({ level: 'ERROR', message: 'Failed to initialize config: weights.bin has 0 bytes', logId: 'default' });
    const details = records.find(({ message }) => message.startsWith('Error details: '))!.message;
    expect(JSON.parse(details.slice('Error details: '.length))).toMatchObject({
      error_type: 'Error',
      error_message: 'weights.bin has 0 bytes',
      traceback: expect.stringContaining('initialize.e2e-spec'),
      context: { place: 'initialize', tier: 'L3' },
    });
    expect(records.some(({ message }) => message.startsWith('Initialize config success'))).toBe(false);
  });

  it("with onInitializeError 'degrade' lets the others serve, and this one too once a later attempt succeeds", async () => {
    let isMended = false;

    @StageModel()
    class FlakyModel {
      initialize(): void {
        calls.push('attempt');
        if (!isMended) throw new Error('no device');
      }
    }
    @StageHandler('/flaky', { request: false })
    class FlakyHandler {
      constructor(readonly model: FlakyModel) {}
      run(): object {
        return {};
      }
    }
    @StageHandler('/steady', { request: false })
    class SteadyHandler {
      run(): object {
        return {};
      }
    }
    await start({ providers: [FlakyModel, FlakyHandler, SteadyHandler], options: { onInitializeError: 'degrade' } });
    expect(await statuses('/flaky')).toEqual([503, 200, 503]);
    expect(await statuses('/steady')).toEqual([200, 200, 503]);
    expect(await healthOf()).toMatchObject({
      status: 200,
      body: { status: 'degraded', stages: { FlakyModel: 'failed', FlakyHandler: 'waiting', SteadyHandler: 'ready' } },
    });
    expect(service!.log.messages).toContain('Failed to initialize config: no device');
    expect(calls[0]).toBe('attempt');

    isMended = true;
    await until(() => service!.app.get(WebService).isReady);
    expect(calls.length).toBeGreaterThan(1);
    expect(await statuses('/flaky')).toEqual([200, 200, 200]);
    expect(await healthOf()).toMatchObject({ status: 200, body: { status: 'healthy' } });
    expect(service!.log.messages).toContainEqual(expect.stringMatching(/^Initialize config success, cost (?!0)\d+\.\ds$/));
  });

  it('is not ready with no handler at all', async () => {
    await start({ providers: [] });
    expect(service!.app.get(WebService).isReady).toBe(false);
    expect((await get('/health/live')).status).toBe(200);
    const ready = await get('/health/ready');
    expect([ready.status, await ready.json()]).toEqual([503, { status: 'not_ready' }]);
  });

  it('asks the health of models and handlers, and logs a change once', async () => {
    let answer: HealthCheckResult | undefined;
    let signal: AbortSignal | undefined;

    @StageModel()
    class CheckedModel {
      checkHealth(given: AbortSignal): HealthCheckResult | undefined {
        signal = given;
        return answer;
      }
    }
    @StageHandler('/checked', { request: false })
    class CheckedHandler {
      isBroken = false;
      constructor(readonly model: CheckedModel) {}
      async checkHealth(): Promise<void> {
        if (this.isBroken) throw new Error('out of memory');
      }
      run(): object {
        return {};
      }
    }
    const { log, app } = await start({ providers: [CheckedModel, CheckedHandler] });
    expect(await healthOf()).toMatchObject({
      status: 200,
      body: {
        status: 'healthy',
        model: 'CheckedModel',
        checks: { CheckedModel: { status: 'healthy' }, CheckedHandler: { status: 'healthy' } },
      },
    });
    expect(signal).toBeInstanceOf(AbortSignal);

    answer = { status: 'degraded', reason: 'one of two devices' };
    for (let times = 0; times < 3; times++) {
      expect(await healthOf()).toMatchObject({
        status: 200,
        body: { status: 'degraded', checks: { CheckedModel: { status: 'degraded', error: 'one of two devices' } } },
      });
    }
    app.get(CheckedHandler).isBroken = true;
    expect(await healthOf()).toMatchObject({
      status: 503,
      body: { status: 'unhealthy', checks: { CheckedHandler: { status: 'unhealthy', error: 'out of memory' } } },
    });
    app.get(CheckedHandler).isBroken = false;
    answer = undefined;
    expect((await healthOf()).body).toMatchObject({ status: 'healthy' });
    expect(log.records.filter(({ message }) => message.startsWith('Health of')).map(({ level, message }) => `${level} ${message}`)).toEqual(
      [
        'WARNING Health of CheckedModel: healthy -> degraded: one of two devices',
        'WARNING Health of CheckedHandler: healthy -> unhealthy: out of memory',
        'INFO Health of CheckedModel: degraded -> healthy',
        'INFO Health of CheckedHandler: unhealthy -> healthy',
      ],
    );
    expect((await statuses('/checked'))[2]).toBe(200);
  });

  it('is not ready from the first moment of shutdown, lets requests end, then disposes handlers before models', async () => {
    const work = new Deferred();

    let hasBegun = false;

    @StageModel()
    class ClosedModel {
      dispose(): void {
        calls.push('model');
      }
    }
    @StageHandler('/closing', { request: false })
    class ClosedHandler {
      constructor(readonly model: ClosedModel) {}
      async run(_: unknown, { signal }: StageContext): Promise<object> {
        hasBegun = true;
        await work.promise;
        calls.push(`answered, aborted: ${signal.aborted}`);
        return {};
      }
      async dispose(): Promise<void> {
        await sleep(10);
        calls.push('handler');
      }
    }
    const { app } = await start({ providers: [ClosedModel, ClosedHandler] });
    const answer = service!.post('/closing', {});
    await until(() => hasBegun);
    expect((await get('/health/ready')).status).toBe(200);
    const closed = app.close();
    await until(() => !app.get(WebService).isReady);
    expect((await get('/health/ready')).status).toBe(503);
    expect(calls).toEqual([]);
    work.resolve();
    expect((await answer).status).toBe(200);
    await closed;
    expect(calls).toEqual(['answered, aborted: false', 'handler', 'model']);
    expect(service!.log.messages.at(-1)).toBe('Web service stopped');
    await expect(get('/health/live')).rejects.toThrow('fetch failed');
  });

  it('fires the signals of requests that outlast the grace, and answers for those that do not care', async () => {
    const aborted: unknown[] = [];
    let begun = 0;

    @StageHandler('/heeding', { request: false })
    class HeedingHandler {
      async run(_: unknown, { signal }: StageContext): Promise<object> {
        begun++;
        await new Promise((resolve) => signal.addEventListener('abort', resolve));
        aborted.push((signal.reason as { abortCause: string }).abortCause);
        throw signal.reason;
      }
    }
    @StageHandler('/deaf', { request: false })
    class DeafHandler {
      run(): Promise<never> {
        begun++;
        return new Promise<never>(() => {});
      }
    }
    const { app, post } = await start({ providers: [HeedingHandler, DeafHandler], options: { shutdownGraceMs: 150 } });
    const heeding = post('/heeding', {});
    const deaf = post('/deaf', {});
    await until(() => begun === 2);
    const startedAt = performance.now();
    await app.close();
    expect(performance.now() - startedAt).toBeGreaterThan(145);
    expect(aborted).toEqual(['shutdown']);
    for (const answer of await Promise.all([heeding, deaf])) {
      expect([answer.status, ((await answer.json()) as { error: string }).error]).toEqual([503, 'shutting_down']);
    }
  });

  it('stops in the midst of initialize: no handler starts, what was begun is disposed, nothing is called a failure', async () => {
    const loading = new Deferred();
    let hasBegun = false;

    @StageModel()
    class LoadingModel {
      async initialize(): Promise<void> {
        hasBegun = true;
        await loading.promise;
        calls.push('loaded');
      }
      warmup(): void {
        calls.push('warmed up');
      }
      dispose(): void {
        calls.push('disposed');
      }
    }
    @StageHandler('/never', { request: false })
    class NeverHandler {
      initialize(): void {
        calls.push('handler');
      }
      dispose(): void {
        calls.push('handler disposed');
      }
      run(): void {}
    }
    const { app, log } = await start({ providers: [LoadingModel, NeverHandler], isAwaited: false });
    await until(() => hasBegun);
    const ready = app.get(WebService).whenReady();
    const outcome = expect(ready).rejects.toThrow('The service is shutting down');
    const closed = app.close();
    await outcome;
    loading.resolve();
    await closed;
    await sleep(20);
    expect(calls).toEqual(['loaded', 'disposed']);
    expect(log.messages.filter((message) => /fail|success/i.test(message))).toEqual([]);
  });

  it('initializes nothing in an app that is closed before it would', async () => {
    @StageHandler('/unborn', { request: false })
    class UnbornHandler {
      initialize(): void {
        calls.push('initialize');
      }
      run(): void {}
    }
    const { app } = await start({ providers: [UnbornHandler], isAwaited: false });
    await app.close();
    await sleep(150);
    expect(calls).toEqual([]);
  });

  it('makes request-scoped handlers anew for each request; a model below them is initialized', async () => {
    let made = 0;

    @StageModel()
    class SharedModel {
      greeting = '';
      initialize(): void {
        this.greeting = 'hello';
      }
    }
    @Injectable({ scope: Scope.REQUEST })
    class Caller {
      readonly name: string;
      constructor(@Inject(REQUEST) request: { headers: Record<string, string> }) {
        this.name = request.headers['x-caller'];
      }
    }
    @StageHandler('/scoped', { request: false })
    class ScopedHandler {
      private readonly number = ++made;
      constructor(
        private readonly model: SharedModel,
        private readonly caller: Caller,
      ) {}
      run(): object {
        return { text: `${this.model.greeting} ${this.caller.name}`, number: this.number };
      }
    }
    const { post } = await start({ providers: [SharedModel, Caller, ScopedHandler] });
    const callers = ['ada', 'bob', 'cyd'];
    const answers = await Promise.all(callers.map(async (name) => (await post('/scoped', {}, { headers: { 'x-caller': name } })).json()));
    expect(answers).toEqual(callers.map((name) => ({ text: `hello ${name}`, number: expect.any(Number) })));
    expect(new Set(answers.map((answer) => (answer as { number: number }).number)).size).toBe(3);
    expect((await get('/health/ready')).status).toBe(200);
  });

  it('initializes an instance on several paths once', async () => {
    @StageHandler('/one', { request: false })
    class TwoPathHandler {
      initialize(): void {
        calls.push('initialize');
      }
      run(): object {
        return {};
      }
    }
    @Module({ imports: [WebServiceModule.forFeature([{ path: '/two', handler: TwoPathHandler, options: { request: false } }])] })
    class MorePaths {}
    const { app } = await start({ providers: [TwoPathHandler], imports: [MorePaths] });
    expect(calls).toEqual(['initialize']);
    expect(await statuses('/one')).toEqual([200, 200, 200]);
    expect(await statuses('/two')).toEqual([200, 200, 200]);
    expect(app.get(StageRuntime).stageUnits.map(({ name }) => name)).toEqual(['TwoPathHandler']);
  });
});
