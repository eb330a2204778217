import { getEventListeners } from 'node:events';
import type SharedWorker from '../../../../test/support/threads/shared.worker.js';
import { DISPOSED, ENDED, FAILING, ITEMS, STARTS } from '../../../../test/support/threads/shared.worker.js';
import type TaskWorker from '../../../../test/support/threads/task.worker.js';
import { until } from '../../../../test/support/until.js';
import { marksOf } from '../core/context/request-marks.js';
import { TraceCarrier } from '../core/context/trace-carrier.js';
import { HealthService } from '../core/health/health.service.js';
import { type StageEvent, StageEvents } from '../core/pipeline/stage-events.js';
import type { StageContext } from '../core/context/stage-context.js';
import { StageGauges } from '../core/pipeline/stage-gauges.js';
import { MemoryLogWriter } from '../testing/memory-log-writer.js';
import { transfer } from './wire/transfer.js';
import type { WorkerOptions } from './worker.options.js';
import type { WorkerPool } from './worker-pool.js';
import { WorkerPools } from './worker-pools.js';

const fixture = (name: string): URL => new URL(`../../../../test/support/threads/${name}.worker.js`, import.meta.url);
const task = fixture('task');
const shared = fixture('shared');

const NO_REQUEST = { logId: 'x', path: '/x', headers: {}, origin: 'local', deadline: undefined };

describe('WorkerPool', () => {
  let pools: WorkerPools;
  let events: StageEvent[];
  let health: HealthService;
  let log: MemoryLogWriter;

  beforeEach(() => {
    log = new MemoryLogWriter();
    const stageEvents = new StageEvents();
    const heard: StageEvent[] = [];
    stageEvents.on((event) => heard.push(event));
    events = heard;
    health = new HealthService({ log, cacheMs: 0 });
    pools = new WorkerPools(log, stageEvents, health, new TraceCarrier(), new StageGauges());
  });
  afterEach(() => pools.onApplicationShutdown());

  const started = async (options: Partial<WorkerOptions> = {}): Promise<WorkerPool<TaskWorker>> => {
    const pool = pools.create<TaskWorker>({ url: task, threads: 1, ...options });
    await pool.start();
    return pool;
  };
  const counting = async (options: Partial<WorkerOptions> = {}) => {
    const counts = new Int32Array(new SharedArrayBuffer(5 * Int32Array.BYTES_PER_ELEMENT));
    const pool = pools.create<SharedWorker>({ url: shared, threads: 1, data: { counts }, ...options });
    await pool.start();
    return {
      pool,
      count: (place: number) => Atomics.load(counts, place),
      set: (place: number, to: number) => Atomics.store(counts, place, to),
    };
  };
  const threadOf = async (pool: WorkerPool<TaskWorker>): Promise<unknown> =>
    ((await pool.run({ kind: 'echo' })) as { threadId: unknown }).threadId;

  it('runs tasks in the order of the calls, those with a signal too', async () => {
    const pool = await started();
    const order: number[] = [];
    const { signal } = new AbortController();
    const run = (id: number): Promise<unknown> => pool.run({ kind: 'sleep', count: 1 }, { signal }).then(() => order.push(id));
    await Promise.all([1, 2, 3, 4, 5].map(run));
    expect(order).toEqual([1, 2, 3, 4, 5]);
    await until(() => pool.load === 0);
  });

  it('leaves no listener on a signal that outlives its tasks', async () => {
    const pool = await started();
    const { signal } = new AbortController();
    await Promise.all(Array.from({ length: 8 }, () => pool.run({ kind: 'echo' }, { signal })));
    await expect(pool.run({ kind: 'plain' }, { signal })).rejects.toThrow('plain and secret');
    await expect(pool.run({ kind: 'exit' }, { signal })).rejects.toThrow('exited with code 3');
    expect(getEventListeners(signal, 'abort')).toEqual([]);
  });

  it('does not begin a task whose signal has fired, and drops one that waits', async () => {
    const pool = await started();
    const reason = new Error('too late');
    await expect(pool.run({ kind: 'echo' }, { signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
    const controller = new AbortController();
    const running = pool.run({ kind: 'sleep', count: 100 });
    const waiting = pool.run({ kind: 'echo' }, { signal: controller.signal });
    controller.abort(reason);
    await expect(waiting).rejects.toBe(reason);
    expect(pool.load).toBe(1);
    await running;
    expect(log.messages.filter((message) => message === 'at echo')).toEqual([]);
  });

  it('leaves no listener on either signal of a task that never began', async () => {
    const pool = await started();
    const [first, second] = [new AbortController(), new AbortController()];
    const context = { ...NO_REQUEST, signal: second.signal } as unknown as StageContext;
    const running = pool.run({ kind: 'sleep', count: 50 });
    const waiting = pool.run({ kind: 'echo' }, { signal: first.signal, context });
    const fired = pool.run({ kind: 'echo' }, { signal: AbortSignal.abort(new Error('before')), context });
    expect(getEventListeners(second.signal, 'abort')).toHaveLength(1);
    first.abort(new Error('gone'));
    await expect(waiting).rejects.toThrow('gone');
    await expect(fired).rejects.toThrow('before');
    expect(getEventListeners(second.signal, 'abort')).toEqual([]);
    await running;
  });

  it('tells what happens to each task and thread', async () => {
    const pool = await started({ maxQueue: 0 });
    const running = pool.run({ kind: 'sleep', count: 50 });
    await expect(pool.run({ kind: 'echo' })).rejects.toMatchObject({ code: 'overloaded', retryAfterSeconds: 1 });
    await running;
    await until(() => pool.load === 0);
    await expect(pool.run({ kind: 'exit' })).rejects.toThrow('exited');
    await until(() => events.some(({ type }) => type === 'worker.ended'));
    expect(events.map(({ type }) => type)).toEqual([
      'worker.metric', // of its initialize
      'worker.waited',
      'worker.refused',
      'worker.metric',
      'worker.done',
      'worker.waited',
      'worker.metric',
      'worker.ended',
      'worker.done',
    ]);
    expect(events.find(({ type }) => type === 'worker.done')).toMatchObject({ pool: 'task', outcome: 'ok', activeMs: expect.any(Number) });
    expect(events.at(-1)).toMatchObject({ outcome: 'crashed' });
  });

  it('has noted how long the thread was at work before whoever waits has the result', async () => {
    const pool = await started();
    for (let round = 0; round < 50; round++) {
      const context = { ...NO_REQUEST, signal: new AbortController().signal, state: new Map() } as unknown as StageContext;
      await pool.run({ kind: 'echo' }, { context });
      expect(marksOf(context).workerActiveMs).toEqual(expect.any(Number));
    }
  });

  it('waits for the end of a stop before it starts again', async () => {
    const { pool, count } = await counting();
    const stopping = pool.stop();
    const starting = pool.start();
    expect(pool.start()).toBe(starting);
    await Promise.all([stopping, starting]);
    expect([count(STARTS), count(DISPOSED)]).toEqual([2, 1]);
    expect(await (await pool.run(1)).next()).toEqual({ done: false, value: 0 });
  });

  it('moves buffers where that is asked for, and copies them elsewhere', async () => {
    const pool = await started();
    const copied = new Uint8Array(1000);
    await pool.run({ kind: 'echo', bytes: copied } as never);
    expect(copied.byteLength).toBe(1000);
    const moved = new Uint8Array(1000);
    await pool.run(transfer({ kind: 'echo', bytes: moved }, [moved.buffer]));
    expect(moved.byteLength).toBe(0);
    const named = new Uint8Array(1000);
    await pool.run({ kind: 'echo', bytes: named } as never, { transfer: [named.buffer] });
    expect(named.byteLength).toBe(0);
    const { data } = (await pool.run({ kind: 'large', count: 5_000_000 })) as { data: Uint8Array };
    expect([data.length, data[4_999_999]]).toEqual([5_000_000, 7]);
  });

  it('refuses an input that can not be cloned, and goes on', async () => {
    const pool = await started();
    const input = { kind: 'echo', call: () => undefined } as never;
    await expect(pool.run(input)).rejects.toMatchObject({
      name: 'ProcessingError',
      message: expect.stringContaining('could not be cloned'),
    });
    await expect(pool.run({ kind: 'echo' })).resolves.toMatchObject({ logId: 'default' });
  });

  it('replaces the thread of a task that goes on after its signal, unless it is told not to', async () => {
    const patient = await started({ name: 'patient', killAfterMs: false });
    const first = await threadOf(patient);
    const hasty = await started({ name: 'hasty', killAfterMs: 20 });
    const second = await threadOf(hasty);
    for (const pool of [patient, hasty]) {
      const controller = new AbortController();
      const running = pool.run({ kind: 'sleep', count: 1500 }, { signal: controller.signal });
      setTimeout(() => controller.abort(new Error('gone')), 20);
      await expect(running).rejects.toThrow('gone');
      expect(pool.load).toBe(1);
    }
    expect(await threadOf(patient)).toBe(first);
    expect(await threadOf(hasty)).not.toBe(second);
    expect(events.filter(({ type }) => type === 'worker.ended')).toMatchObject([{ pool: 'hasty', cause: 'killed', delayMs: 0 }]);
  });

  it('waits longer before each new thread while nothing but crashes comes of them', async () => {
    const pool = await started();
    const crash = (): Promise<void> =>
      expect(pool.run({ kind: 'exit' })).rejects.toMatchObject({ name: 'ModelError', code: 'model_error' });
    for (let crashes = 0; crashes < 3; crashes++) await crash();
    await pool.run({ kind: 'echo' });
    await crash();
    const delays = events.flatMap((event) => (event.type === 'worker.ended' ? [event.delayMs] : []));
    expect(delays).toEqual([0, 100, 200, 0]);
  });

  it('is unhealthy and refuses at once while no thread can start, and recovers by itself', async () => {
    const { pool, count, set } = await counting();
    expect((await health.report()).checks).toEqual({ 'worker shared': expect.objectContaining({ status: 'healthy' }) });
    set(FAILING, 1);
    const crashing = pool.run(-1);
    const refused = expect(pool.run(1)).rejects.toMatchObject({ name: 'ModelError', code: 'not_ready', retryAfterSeconds: 1 });
    const crashed = await crashing;
    await expect(crashed.next()).rejects.toThrow('exited with code 1');
    await refused; // it had waited for the thread
    await until(() => count(STARTS) >= 3);
    await until(() => pool.checkHealth().status === 'unhealthy');
    await expect(pool.run(1)).rejects.toMatchObject({ name: 'ModelError', code: 'not_ready', retryAfterSeconds: expect.any(Number) });
    expect((await health.report()).checks['worker shared']).toMatchObject({
      status: 'unhealthy',
      error: "1 of 1 threads can't start: the weights have gone",
    });
    set(FAILING, 0);
    await until(() => pool.checkHealth().status === 'healthy');
    const items: number[] = [];
    for await (const item of await pool.run(2)) items.push(item);
    expect(items).toEqual([0, 1]);
    expect(log.messages.filter((message) => message.includes('the weights have gone; next attempt in')).length).toBeGreaterThan(0);
  });

  it('holds a stream back that is read slowly, and ends it when it is read no more', async () => {
    const { pool, count } = await counting();
    const stream = await pool.run(100_000);
    for (let item = 0; item < 10; item++) expect(await stream.next()).toEqual({ done: false, value: item });
    await until(() => count(ITEMS) >= 32);
    const made = count(ITEMS);
    expect(made).toBeLessThanOrEqual(10 + 32);
    await stream.return?.();
    expect(count(ENDED)).toBe(1);
    expect(count(ITEMS)).toBeLessThanOrEqual(made + 1);
    await until(() => pool.load === 0);
    let sum = 0;
    for await (const item of await pool.run(1000)) sum += item;
    expect(sum).toBe(499_500);
  });

  it('ends a stream that comes when nobody waits for it any more', async () => {
    const pool = await started({ killAfterMs: false });
    const controller = new AbortController();
    const tardy = pool.run({ kind: 'tardy', count: 100 }, { signal: controller.signal });
    await until(() => log.messages.includes('at tardy'));
    controller.abort(new Error('gone'));
    await expect(tardy).rejects.toThrow('gone');
    await until(() => pool.load === 0);
    await expect(pool.run({ kind: 'echo' })).resolves.toBeDefined();
  });

  it('cuts short what runs and waits when it stops, lets workers dispose, and starts again', async () => {
    const { pool, count } = await counting({ threads: 2 });
    const stream = await pool.run(1e9);
    await stream.next();
    await until(() => count(ITEMS) >= 32); // the stream waits for its reader
    const stopping = pool.stop();
    await expect(pool.run(1)).rejects.toMatchObject({ code: 'shutting_down' });
    await expect(
      (async () => {
        for await (const _ of stream);
      })(),
    ).rejects.toMatchObject({ code: 'shutting_down' });
    await stopping;
    expect([count(ENDED), count(DISPOSED)]).toEqual([1, 2]);
    await expect(pool.run(1)).rejects.toThrow('The worker pool shared is not started: call its start() first.');
    await Promise.all([pool.start(), pool.start()]);
    expect(await (await pool.run(1)).next()).toEqual({ done: false, value: 0 });
    expect(count(STARTS)).toBe(4);
  });

  it('can be stopped while it starts', async () => {
    const pool = pools.create<TaskWorker>({ url: task, threads: 2 });
    const refused = expect(pool.start()).rejects.toMatchObject({ code: 'shutting_down' });
    await pool.stop();
    await refused;
    await pool.start();
    await expect(pool.run({ kind: 'echo' })).resolves.toBeDefined();
  });

  it('ends idle threads after their dispose, and starts them on demand', async () => {
    const { pool, count } = await counting({ idleUnloadMs: 50 });
    await until(() => count(DISPOSED) === 1);
    const results = await Promise.all([pool.run(1), pool.run(1)].map(async (stream) => (await stream).next()));
    expect(results).toEqual([
      { done: false, value: 0 },
      { done: false, value: 0 },
    ]);
    expect(count(STARTS)).toBe(2);
  });

  it.each([
    [{ url: new URL('./missing.worker.js', import.meta.url) }, /can't start: There is no worker file .*missing\.worker\.js/],
    [{ url: new URL('../common/duration.js', import.meta.url) }, /exports no worker class/],
    [{ url: new URL('../testing/memory-log-writer.js', import.meta.url) }, /exports no worker class/],
    [{ url: task, data: { refuse: true } }, /^The worker task can't start: no weights here$/],
    [{ url: task, data: () => undefined }, /can't start: .*could not be cloned/],
    [{ url: task, execArgv: ['--no-such-flag'] }, /can't start: .*invalid execArgv flags: --no-such-flag/],
  ])('says why it can not start: %j', async (options, message) => {
    const pool = pools.create({ threads: 1, ...options });
    await expect(pool.start()).rejects.toMatchObject({ name: 'ModelError', message: expect.stringMatching(message) });
    await expect(pool.start()).rejects.toThrow();
  });

  it.each([
    [{ threads: 0 }, '"threads" must be an integer >= 1, got 0 (set it in WorkerPools.create()).'],
    [{ maxQueue: -1 }, '"maxQueue" must be an integer >= 0, got -1'],
    [{ killAfterMs: true }, '"killAfterMs" must be an integer from 0 to 2147483647 or false, got true'],
    [{ idleUnloadMs: 0 }, '"idleUnloadMs" must be'],
    [{ resourceLimits: { maxHeap: 1 } }, '"resourceLimits.maxHeap" is not an option'],
    [{ url: new URL('https://x.example/a.worker.js') }, `"url" must be new URL('./x.worker.js', import.meta.url)`],
    [{ thread: 1 }, '"thread" is not an option'],
  ])('refuses %j', (options, message) => {
    expect(() => pools.create({ url: task, ...(options as object) })).toThrow(message);
  });

  it('refuses a name that another pool has', () => {
    pools.create(task);
    expect(() => pools.create({ url: task, threads: 3 })).toThrow('Two pools of worker threads are named "task"');
    expect(pools.create({ url: task, name: 'other' }).name).toBe('other');
  });
});
