import fc from 'fast-check';
import { type FinishedRequest, RequestEvents } from '../../core/context/request-events.js';
import { marksOf, type RequestMarks } from '../../core/context/request-marks.js';
import { RequestContext } from '../../core/context/request-context.js';
import { CACHE_OUTCOMES } from '../../core/pipeline/cache-events.js';
import { FakeClock } from '../../testing/fake-clock.js';
import { MemoryLogWriter } from '../../testing/memory-log-writer.js';
import { EventLoopMonitor } from '../statistics/event-loop-monitor.js';
import { RequestRecords } from './request-records.js';

function recordsOf(size: number) {
  const clock = new FakeClock(0);
  const requests = new RequestEvents();
  const records = new RequestRecords({ size, requests, eventLoop: new EventLoopMonitor(clock), clock });
  const finish = (logId: string, more: Partial<FinishedRequest> = {}, marks: Partial<RequestMarks> = {}): RequestContext => {
    const context = new RequestContext({ logId, origin: 'http', headers: {}, writer: new MemoryLogWriter(), startedAt: 0 });
    Object.assign(marksOf(context), marks);
    requests.finished({
      ...{ context, method: 'POST', status: 200, failure: undefined, abortedBy: undefined, durationMs: 1.23456, bytesIn: 1, bytesOut: 2 },
      ...more,
    });
    return context;
  };
  return { clock, records, requests, finish };
}

const FURTHER = ['firstItemMs', 'workerActiveMs', 'items', 'cache', 'runLogId', 'traceId'] as const;
const ms = fc.integer({ min: 0, max: 1e9 }).map((microseconds) => microseconds / 1000);
const settledMarks = fc.record(
  {
    stagesMs: fc.record({ preProcess: ms, run: ms, postProcess: ms }),
    waitedMs: fc.record({ admission: ms, batch: ms, queue: ms }, { requiredKeys: [] }),
    retries: fc.nat(),
    isDegraded: fc.boolean(),
    ...{ firstItemMs: ms, workerActiveMs: ms, items: fc.nat(), cache: fc.constantFrom(...CACHE_OUTCOMES) },
    ...{ runLogId: fc.string(), traceId: fc.string() },
  },
  { requiredKeys: ['stagesMs', 'waitedMs', 'retries', 'isDegraded'] },
);

describe(RequestRecords.name, () => {
  it('keeps the last ones, newest first, and of one log id the last', () => {
    const { records, finish } = recordsOf(3);
    for (const logId of ['a', 'b', 'a', 'c', 'd', 'e', 'a']) finish(logId, { status: logId === 'a' ? 201 : 200 });
    expect(records.latest().map(({ logId }) => logId)).toEqual(['a', 'e', 'd']);
    expect(records.latest(1).map(({ logId }) => logId)).toEqual(['a']);
    for (const logId of ['b', 'c']) expect(records.find(logId)).toBeUndefined();
    expect(records.find('a')).toMatchObject({ status: 201, durationMs: 1.235, path: undefined, handler: undefined });
  });

  it('agrees with a naive list, whichever ids come again', () => {
    fc.assert(
      fc.property(
        fc.array(fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f'), { maxLength: 30 }),
        fc.integer({ min: 1, max: 5 }),
        (logIds, size) => {
          const { records, finish } = recordsOf(size);
          for (const logId of logIds) finish(logId);
          const naive: string[] = [...new Set(logIds.slice(-size).reverse())];
          expect(records.latest().map(({ logId }) => logId)).toEqual(naive);
          for (const logId of 'abcdef') expect(records.find(logId) !== undefined).toBe(naive.includes(logId));
        },
      ),
    );
  });

  it('shows what a stage notes after its request was over', () => {
    const { records, finish } = recordsOf(1);
    const context = finish('late', { status: 499, abortedBy: 'client_closed' });
    marksOf(context).stagesMs.run = 17;
    expect(records.find('late')).toMatchObject({ abortedBy: 'client_closed', stagesMs: { run: 17 } });
  });

  it('shows of each request its own marks alone, although later ones are written over it', () => {
    const { records, finish } = recordsOf(1);
    const stagesMs = { preProcess: 1.00049, run: 2, postProcess: 3 };
    finish(
      'a',
      {},
      { stagesMs, waitedMs: { admission: 0, batch: 4 }, retries: 1, isDegraded: true, cache: 'hit', runLogId: 'r', workerActiveMs: 5 },
    );
    const first = records.find('a');
    finish('b', {}, { stagesMs, waitedMs: { admission: 0 } });
    const { logId, ...second } = records.find('b')!;
    finish('c', { failure: { tier: 'L3', code: 'model_error' } as FinishedRequest['failure'] }, { stagesMs: { preProcess: 1 } });
    const told = { stagesMs: { preProcess: 1, run: 2, postProcess: 3 }, retries: 0, isDegraded: false };
    expect(first).toMatchObject({
      ...told,
      waitedMs: { admission: 0, batch: 4 },
      retries: 1,
      isDegraded: true,
      cache: 'hit',
      runLogId: 'r',
      workerActiveMs: 5,
    });
    expect(logId).toBe('b');
    expect(second).toMatchObject(told);
    expect(Object.keys(second)).not.toContain('cache');
    expect(Object.keys(second.waitedMs)).toEqual(['admission']);
    expect(records.find('c')).toMatchObject({ tier: 'L3', code: 'model_error', stagesMs: { preProcess: 1 }, waitedMs: {} });
    expect(Object.keys(records.find('c')!.stagesMs)).toEqual(['preProcess']);
  });

  it('has the marks of the last request of a row, and none of those before it', () => {
    fc.assert(
      fc.property(fc.array(settledMarks, { minLength: 1, maxLength: 4 }), (all) => {
        const { records, finish } = recordsOf(1);
        for (const marks of all) finish('x', {}, marks);
        expect(records.find('x')).toMatchObject(all.at(-1)!);
        const given = Object.values(all.at(-1)!).flatMap((value) => (typeof value === 'object' ? Object.keys(value) : []));
        const { stagesMs, waitedMs, ...record } = records.find('x')!;
        expect(Object.keys({ ...stagesMs, ...waitedMs }).sort()).toEqual(given.sort());
        for (const name of FURTHER) expect(name in record).toBe(name in all.at(-1)!);
      }),
    );
  });

  it('rounds every duration to microseconds, and leaves out those that there are none of', () => {
    const { records, finish } = recordsOf(2);
    finish(
      'full',
      {},
      {
        stagesMs: { run: 1 / 3 },
        waitedMs: { queue: 2 / 3 },
        firstItemMs: 10 / 3,
        workerActiveMs: 0.1 + 0.2,
      },
    );
    finish('bare');
    expect(records.find('full')).toMatchObject({
      stagesMs: { run: 0.333 },
      waitedMs: { queue: 0.667 },
      firstItemMs: 3.333,
      workerActiveMs: 0.3,
    });
    for (const name of ['firstItemMs', 'workerActiveMs']) expect(records.find('bare')).not.toHaveProperty(name);
  });

  it('leaves out the service’s own routes, and everything at size 0', () => {
    const { records, requests } = recordsOf(5);
    const context = new RequestContext({ logId: 'x', origin: 'http', headers: {}, writer: new MemoryLogWriter(), startedAt: 0 });
    context.servicePath = '/health';
    const request = {
      context,
      method: 'GET',
      status: 200,
      failure: undefined,
      abortedBy: undefined,
      durationMs: 1,
      bytesIn: 0,
      bytesOut: 0,
    };
    requests.finished(request);
    expect(records.latest()).toEqual([]);
    const none = recordsOf(0);
    none.finish('a');
    expect(none.records.latest()).toEqual([]);
  });
});

describe(RequestEvents.name, () => {
  it('tells every observer, whatever one of them throws', () => {
    const requests = new RequestEvents();
    const heard: string[] = [];
    requests.observe({
      started: () => {
        throw new Error('no');
      },
    });
    requests.observe({ started: ({ logId }, method) => heard.push(`${method} ${logId}`) });
    const context = new RequestContext({ logId: 'x', origin: 'http', headers: {}, writer: new MemoryLogWriter(), startedAt: 0 });
    requests.started(context, 'GET');
    expect(heard).toEqual(['GET x']);
  });
});
