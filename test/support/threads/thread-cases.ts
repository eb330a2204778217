import { parseScrape, type ScrapedSample, sumOf } from '../scrape.js';
import { until } from '../until.js';

/** The app of threads-app.ts, however it runs. */
export interface ThreadsService {
  readonly url: string;
  /** Everything that it has logged so far. */
  readonly log: () => string;
  readonly stop: () => Promise<unknown>;
}

interface ErrorBody {
  readonly error: string;
  readonly message: string;
  readonly data: unknown;
}

/** What worker threads must do over HTTP, from source and as the packed library, on every adapter. */
export function describeThreads(name: string, start: () => Promise<ThreadsService>): void {
  describe(name, () => {
    let service: ThreadsService;
    beforeAll(async () => {
      service = await start();
    });
    afterAll(() => service?.stop());

    const post = (path: string, kind: string, { count, ...init }: { count?: number } & RequestInit = {}): Promise<Response> =>
      fetch(service.url + path, {
        method: 'POST',
        body: JSON.stringify({ kind, count }),
        ...init,
        headers: { 'content-type': 'application/json', ...(init.headers as Record<string, string>) },
      });
    const json = async (path: string, kind: string, init?: { count?: number } & RequestInit): Promise<Record<string, unknown>> =>
      (await (await post(path, kind, init)).json()) as Record<string, unknown>;
    const scrape = async (): Promise<readonly ScrapedSample[]> => parseScrape(await (await fetch(`${service.url}/metrics`)).text());
    const logged = (text: string): Promise<void> => until(() => service.log().includes(text));
    /** Sends a request, breaks it off when the worker is at it, and gives its log id. */
    const cut = async (path: string, kind: string, logId: string): Promise<void> => {
      const controller = new AbortController();
      const gone = post(path, kind, { signal: controller.signal, headers: { logid: logId } }).catch((error: unknown) => error);
      await until(() => linesOf(logId).some((line) => line.includes(`at ${kind}`)));
      controller.abort();
      await gone;
    };
    const linesOf = (logId: string): string[] =>
      service
        .log()
        .split('\n')
        .filter((line) => line.includes(logId));

    it('runs in another thread, which knows the request, its trace and its data', async () => {
      const trace = '4bf92f3577b34da6a3ce929d0e0e4736';
      const headers = { logid: 'worker-echo', traceparent: `00-${trace}-00f067aa0ba902b7-01` };
      const echo = await json('/tasks', 'echo', { headers });
      expect(echo).toMatchObject({ logId: 'worker-echo', path: '/tasks', origin: 'http', hasDeadline: true, data: { greeting: 'hello' } });
      expect(echo['threadId']).toBeGreaterThan(0);
      expect(echo['traceparent']).toContain(trace);
      await until(() => linesOf('worker-echo').some((line) => line.includes('at echo')));
    });

    it.each([
      ['invalid', 400, 'invalid_request', 'This is invalid'],
      ['business', 409, 'business_error', 'This was paid already'],
      ['tool', 503, 'model_overloaded', undefined],
      ['plain', 500, 'internal_error', undefined],
      ['text', 500, 'internal_error', undefined],
      ['function', 500, 'processing_error', undefined],
    ])('answers an error of the kind "%s" with %d %s', async (kind, status, code, message) => {
      const response = await post('/tasks', kind, { headers: { logid: `error-${kind}` } });
      const body = (await response.json()) as ErrorBody;
      expect([response.status, body.error]).toEqual([status, code]);
      if (message) expect(body.message).toBe(message);
      expect(body.message).not.toContain('secret');
      if (kind === 'tool') expect(response.headers.get('retry-after')).toBe('9');
      if (kind === 'invalid') expect(body.data).toEqual({ fields: [{ field: 'kind', messages: ['is invalid'] }] });
    });

    it('logs the stack of the worker, the class and the cause of its error', async () => {
      await post('/tasks', 'tool', { headers: { logid: 'stack-1' } });
      await until(() => linesOf('stack-1').some((line) => line.includes('error_type')));
      const details = linesOf('stack-1').find((line) => line.includes('error_type'));
      expect(details).toContain('"error_type":"ToolError"');
      expect(details).toContain('TaskWorker.tool');
    });

    it('gives bytes with their media type and name', async () => {
      const response = await post('/tasks', 'bytes');
      expect(response.headers.get('content-type')).toBe('image/x-test');
      expect(response.headers.get('content-disposition')).toContain('three.bin');
      expect([...new Uint8Array(await response.arrayBuffer())]).toEqual([1, 2, 3]);
    });

    it.each([
      ['exits', 'exit', 'exit', 'exited with code 3'],
      ['fails outside of its task', 'later', 'error', 'thrown out of any task'],
      ['runs out of memory', 'memory', 'memory', 'ran out of memory'],
    ])('answers 502 when the thread %s, and goes on with another', async (_how, kind, cause, text) => {
      const before = sumOf(await scrape(), 'nestage_worker_restarts_total', { pool: 'tasks', cause });
      const response = await post('/tasks', kind);
      expect([response.status, ((await response.json()) as ErrorBody).error]).toEqual([502, 'model_error']);
      const answers = await Promise.all([1, 2, 3, 4].map(() => post('/tasks', 'echo')));
      expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 200]);
      expect(sumOf(await scrape(), 'nestage_worker_restarts_total', { pool: 'tasks', cause })).toBe(before + 1);
      await logged(`A thread of the worker tasks ${cause === 'error' ? 'failed: ' : ''}${text}`);
    });

    it('replaces the thread of a task that never looks up, after its grace', async () => {
      await cut('/tasks', 'spin', 'spin-1');
      await logged('was ended, as its task went on after nobody wanted it any more');
      const answers = await Promise.all([1, 2, 3].map(() => post('/tasks', 'echo')));
      expect(answers.map(({ status }) => status)).toEqual([200, 200, 200]);
      const samples = await scrape();
      expect(sumOf(samples, 'nestage_worker_restarts_total', { pool: 'tasks', cause: 'killed' })).toBe(1);
      expect(sumOf(samples, 'nestage_worker_tasks_total', { pool: 'tasks', outcome: 'aborted' })).toBe(1);
    });

    it('tells code that never waits that its signal has fired, and code that waits by the event', async () => {
      await cut('/narrow', 'compute', 'compute-1');
      await logged('stopped by client_closed');
      await cut('/narrow', 'wait', 'wait-1');
      await logged('heard of client_closed');
      const late = await post('/narrow', 'compute', { headers: { 'x-request-timeout-ms': '2000' } });
      expect(late.status).toBe(504);
      await logged('stopped by deadline');
      expect(sumOf(await scrape(), 'nestage_worker_restarts_total', { pool: 'narrow' })).toBe(0);
    });

    it('streams, and ends the source of a stream that nobody reads any more', async () => {
      const whole = await (await post('/tasks', 'stream', { count: 200, headers: { accept: 'application/x-ndjson' } })).text();
      const items = whole
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line) as unknown);
      expect(items).toEqual(Array.from({ length: 200 }, (_, index) => ({ index })));

      const controller = new AbortController();
      const count = 50_000_000;
      const response = await post('/tasks', 'stream', { count, signal: controller.signal, headers: { logid: 'stream-cut' } });
      await response.body?.getReader().read();
      controller.abort();
      await until(() => linesOf('stream-cut').some((line) => line.includes('stream ended after')));
      const made = Number(/stream ended after (\d+)/.exec(linesOf('stream-cut').join('\n'))?.[1]);
      expect(made).toBeLessThan(count / 10);
    });

    it('tells the failure of a stream after its items', async () => {
      const text = await (await post('/tasks', 'broken', { count: 40, headers: { accept: 'application/x-ndjson' } })).text();
      const lines = text.trim().split('\n');
      expect(lines).toHaveLength(41);
      expect(lines[40]).toContain('model_error');
    });

    it('answers 503 beyond maxQueue, and takes tasks in their order', async () => {
      const first = post('/narrow', 'sleep', { count: 4000, headers: { logid: 'narrow-1' } });
      await until(() => linesOf('narrow-1').some((line) => line.includes('at sleep')));
      const order: number[] = [];
      const waiting: Promise<unknown>[] = [];
      for (const [index, id] of ['narrow-2', 'narrow-3'].entries()) {
        waiting.push(post('/narrow', 'sleep', { count: 1, headers: { logid: id } }).then(() => order.push(index)));
        await waitingTasks(index + 1);
      }
      const refused = await post('/narrow', 'sleep');
      expect([refused.status, refused.headers.get('retry-after')]).toEqual([503, '1']);
      expect(((await refused.json()) as ErrorBody).error).toBe('overloaded');
      expect((await first).status).toBe(200);
      await Promise.all(waiting);
      expect(order).toEqual([0, 1]);
    });

    async function waitingTasks(count: number): Promise<void> {
      for (;;) if (sumOf(await scrape(), 'nestage_worker_tasks_waiting', { pool: 'narrow' }) === count) return;
    }

    it('runs a batch as one task; what fails alone, fails alone', async () => {
      const ids = ['batch-1', 'batch-2', 'batch-3', 'batch-4'];
      const send = (kinds: readonly string[]): Promise<Response[]> =>
        Promise.all(kinds.map((kind, index) => post('/batched', kind, { headers: { logid: ids[index] } })));
      const answers = await Promise.all((await send(['a', 'b', 'c', 'd'])).map((response) => response.json()));
      expect(answers).toEqual(['a', 'b', 'c', 'd'].map((kind, index) => ({ kind, size: 4, logId: ids[index] })));
      expect((await send(['a', 'refuse', 'c', 'd'])).map(({ status }) => status)).toEqual([200, 400, 200, 200]);
      expect((await send(['a', 'b', 'exit', 'd'])).map(({ status }) => status)).toEqual([200, 200, 502, 200]);
    });

    it('ends the threads of an idle pool, and starts them for the next task', async () => {
      const live = async (): Promise<number> => sumOf(await scrape(), 'nestage_worker_threads', { pool: 'idle' });
      for (;;) if ((await live()) === 0) break;
      await logged('Worker idle has nothing to do');
      expect((await fetch(`${service.url}/health/ready`)).status).toBe(200);
      expect((await post('/idle', 'echo')).status).toBe(200);
      await logged('Worker idle has a new thread');
    });

    it('tells its figures and those of the worker, and what each request cost', async () => {
      const response = await post('/tasks', 'sleep', { count: 30, headers: { logid: 'figures-1' } });
      expect(response.status).toBe(200);
      const samples = await scrape();
      const pool = 'tasks';
      expect(sumOf(samples, 'nestage_worker_threads', { pool })).toBe(2);
      expect(sumOf(samples, 'nestage_worker_task_seconds_count', { pool })).toBeGreaterThan(10);
      expect(sumOf(samples, 'nestage_worker_wait_seconds_count', { pool })).toBeGreaterThan(10);
      expect(sumOf(samples, 'nestage_worker_tasks_total', { pool, outcome: 'crashed' })).toBe(3);
      expect(sumOf(samples, 'nestage_worker_tasks_total', { pool: 'narrow', outcome: 'refused' })).toBe(1);
      expect(sumOf(samples, 'test_tasks_total', { pool, kind: 'echo' })).toBeGreaterThan(10);
      expect(sumOf(samples, 'test_start_seconds_bucket', { pool, le: '+Inf' })).toBeGreaterThanOrEqual(2);
      const record = (await (await fetch(`${service.url}/requests/figures-1`)).json()) as Record<string, unknown>;
      expect(record['workerActiveMs']).toBeGreaterThanOrEqual(29);
      expect(record['waitedMs']).toMatchObject({ queue: expect.any(Number) });
    });

    it('is healthy, thread by thread', async () => {
      const health = (await (await fetch(`${service.url}/health`)).json()) as { checks?: Record<string, unknown> };
      expect(health).toMatchObject({ status: 'healthy' });
      expect(JSON.stringify(health)).toContain('worker tasks');
    });

    it('lets a running task come to its end at shutdown, and then its worker dispose', async () => {
      const last = post('/tasks', 'sleep', { count: 300, headers: { logid: 'last-1' } });
      await until(() => linesOf('last-1').some((line) => line.includes('at sleep')));
      const stopped = service.stop();
      expect([(await last).status, await (await last).json()]).toEqual([200, 'slept 300']);
      await stopped;
      expect(service.log().match(/dispose of \d+/g)?.length).toBeGreaterThanOrEqual(2); // of two pools at least
    });
  });
}
