import { readdirSync } from 'node:fs';
import type { Type } from '@nestjs/common';
import { StageHandler, type StageHandlerOptions, WebService } from 'nestage';
import { chatCompletions } from 'nestage/openai';
import { runStages } from 'nestage/testing';
import { ThreadsModule } from 'nestage/threads';
import { TraceCarrier } from '../../libs/nestage/src/core/context/trace-carrier.js';
import { ADAPTERS, startTestService, type TestService, type TestServiceOptions } from '../support/test-service.js';
import type ChatWorker from '../support/threads/chat.worker.js';
import PlainWorker from '../support/threads/plain.worker.js';
import type TaskWorker from '../support/threads/task.worker.js';
import { describeThreads } from '../support/threads/thread-cases.js';
import { until } from '../support/until.js';
import { THREAD_HANDLERS } from '../support/threads/threads-app.js';

for (const adapter of ADAPTERS) {
  describeThreads(`worker threads on ${adapter}, from TypeScript under jest`, async () => {
    const { url, log, close } = await startTestService({ adapter, imports: [ThreadsModule], providers: [...THREAD_HANDLERS] });
    return { url, stop: close, log: () => log.records.map(({ logId, message }) => `${logId} ${message}`).join('\n') };
  });
}

const url = (name: string): URL => new URL(`../support/threads/${name}.worker.js`, import.meta.url);

describe.each(ADAPTERS)('a route with worker threads on %s', (adapter) => {
  const start = (providers: Type[], more: Partial<TestServiceOptions> = {}): Promise<TestService> =>
    startTestService({ adapter, imports: [ThreadsModule], providers, ...more });

  it('keeps what its protocol does around run', async () => {
    @StageHandler('/v1/chat/completions', { protocol: chatCompletions({ models: ['parrot'] }), worker: { url: url('chat'), threads: 1 } })
    class ChatHandler {
      declare readonly run: ChatWorker['run'];
    }
    const service = await start([ChatHandler]);
    const messages = [{ role: 'user', content: 'a parrot says stop it' }];
    const response = await service.post('/v1/chat/completions', { model: 'parrot', messages, stop: ' stop' });
    expect(await response.json()).toMatchObject({ choices: [{ message: { content: 'a parrot says' }, finish_reason: 'stop' }] });
    await service.close();
  });

  it('carries the trace of the moment on', async () => {
    @StageHandler('/traced', { request: false, worker: { url: url('task'), threads: 1 } })
    class TracedHandler {
      declare readonly run: TaskWorker['run'];
    }
    const service = await start([TracedHandler]);
    const callers = `00-${'1'.repeat(32)}-${'2'.repeat(16)}-01`;
    const ours = `00-${'1'.repeat(32)}-${'3'.repeat(16)}-01`;
    const traced = async (): Promise<unknown> =>
      await (await service.post('/traced', { kind: 'echo' }, { headers: { traceparent: callers } })).json();
    expect(await traced()).toMatchObject({ traceparent: callers });
    service.app.get(TraceCarrier).use(() => ({ traceparent: ours }));
    expect(await traced()).toMatchObject({ traceparent: ours });
    await service.close();
  });

  it('is tested without threads by the method of its worker', async () => {
    @StageHandler('/plain', { request: false, worker: url('plain') })
    class PlainHandler {
      declare readonly run: PlainWorker['run'];
      postProcess(result: unknown): unknown {
        return { result };
      }
    }
    const worker = new PlainWorker();
    const handler = Object.assign(new PlainHandler(), { run: (body: { exit?: boolean }) => worker.run(body) });
    expect((await runStages(handler, { exit: false })).response).toEqual({ result: { body: { exit: false } } });
  });

  it('leaves no thread behind when the app is closed, whatever its threads are at', async () => {
    const threads = (): number => readdirSync('/proc/self/task').length;
    const open = (): Promise<TestService> => start([...THREAD_HANDLERS]);
    await (await open()).close(); // what Node and libraries start once and keep
    const before = threads();
    const service = await open();
    expect(threads()).toBeGreaterThanOrEqual(before + 5);
    const spinning = new AbortController();
    const spin = service.post('/tasks', { kind: 'spin' }, { signal: spinning.signal }).catch((error: unknown) => error);
    await until(() => service.log.messages.includes('at spin'));
    spinning.abort();
    await spin;
    await service.close();
    await until(() => threads() <= before);
  });

  it('is not ready before its threads are', async () => {
    @StageHandler('/slow', { request: false, worker: { url: url('plain'), threads: 1 } })
    class SlowHandler {
      declare readonly run: PlainWorker['run'];
    }
    const service = await start([SlowHandler], { isAwaited: false });
    expect((await fetch(`${service.url}/health/ready`)).status).toBe(503);
    const early = await service.post('/slow', {});
    expect([early.status, ((await early.json()) as { error: string }).error]).toEqual([503, 'not_ready']);
    await service.app.get(WebService).whenReady();
    expect((await fetch(`${service.url}/health/ready`)).status).toBe(200);
    expect((await service.post('/slow', { a: 1 })).status).toBe(200);
    await service.close();
  });

  it('shares its threads with routes of the same file and options', async () => {
    const worker = { url: url('task'), threads: 1, data: { of: ['both'] } };
    @StageHandler('/first', { request: false, worker })
    @StageHandler('/second', { request: false, worker: { ...worker, data: { of: ['both'] } } })
    class SharedHandler {
      declare readonly run: TaskWorker['run'];
    }
    const service = await start([SharedHandler]);
    const thread = async (path: string): Promise<unknown> =>
      ((await (await service.post(path, { kind: 'echo' })).json()) as { threadId: number }).threadId;
    expect(await thread('/first')).toBe(await thread('/second'));
    await service.close();
  });

  it.each([
    [
      { url: url('task'), threads: 0 },
      '"worker.threads" must be an integer >= 1, got 0 (set it in @StageHandler(\'/bad\') of BadHandler).',
    ],
    [
      { threads: 1 },
      `"worker" must be new URL('./x.worker.js', import.meta.url) or an object with the "url" of the worker file, got {"threads":1}`,
    ],
    [{ url: url('task'), data: { refuse: true } }, "The worker task can't start: no weights here"],
    [url('plain'), 'The worker class of plain has no runBatch(): give it a method runBatch, or take the option "batch" away.'],
  ])('does not start with the worker %j', async (worker, message) => {
    const options = { request: false, worker, ...(worker instanceof URL && { batch: {} }) } as StageHandlerOptions;
    class BadHandler {
      declare readonly run: TaskWorker['run'];
      declare readonly runBatch: TaskWorker['runBatch'];
    }
    StageHandler('/bad', options)(BadHandler);
    let service: TestService | undefined;
    const starting = (async () => {
      service = await start([BadHandler], { isAwaited: false });
      await service.app.get(WebService).whenReady();
    })();
    await expect(starting).rejects.toThrow(message);
    await service?.close();
  });

  it('refuses a worker without the module that runs it', async () => {
    @StageHandler('/alone', { request: false, worker: url('task') })
    class AloneHandler {
      declare readonly run: TaskWorker['run'];
    }
    await expect(start([AloneHandler], { imports: [] })).rejects.toThrow('"worker" needs nestage/threads: import its module');
  });
});
