import { type CanActivate, type ExecutionContext, Injectable, UseGuards } from '@nestjs/common';
import { IsInt, IsOptional, IsString } from 'class-validator';
import {
  annotateSpan,
  BusinessError,
  ErrorMonitor,
  FatalError,
  GEN_AI_ATTRIBUTES,
  LogWriter,
  MetricsRegistry,
  ModelError,
  minutes,
  PerformanceMonitor,
  type RequestRecord,
  RequestRecords,
  type StageContext,
  StageEvents,
  StageGauges,
  StageHandler,
  Timed,
  traceHeaders,
} from 'nestage';
import { SpanKind, SpanStatusCode } from '@opentelemetry/api';
import { Counter } from 'prom-client';
import { MemoryTracing } from '../support/memory-tracer.js';
import { parseScrape, samplesOf, type ScrapedSample, sumOf } from '../support/scrape.js';
import { ADAPTERS, startTestService, type TestService } from '../support/test-service.js';

class EchoRequest {
  @IsString() text: string;
  @IsOptional() @IsInt() waitMs?: number;
}

class FailRequest {
  @IsString() how: string;
}

class CountRequest {
  @IsInt() count: number;
}

const FAILURES: Record<string, () => Error> = {
  business: () => new BusinessError('not now'),
  model: () => new ModelError('upstream is gone'),
  fatal: () => new FatalError('broken for good'),
  unknown: () => new TypeError('x is undefined'),
};

class SignedIn implements CanActivate {
  canActivate(execution: ExecutionContext): boolean {
    return execution.switchToHttp().getRequest<{ headers: Record<string, string> }>().headers['x-user'] !== undefined;
  }
}

@Injectable()
class Tokenizer {
  @Timed()
  tokens(text: string): number {
    return text.split(' ').length;
  }
}

@StageHandler('/echo', { request: EchoRequest })
class EchoHandler {
  constructor(private readonly tokenizer: Tokenizer) {}

  async run({ text, waitMs = 0 }: EchoRequest) {
    await new Promise((resolve) => setTimeout(resolve, waitMs));
    return { text, tokens: this.tokenizer.tokens(text) };
  }
}

@StageHandler('/fail', { request: FailRequest })
class FailHandler {
  run({ how }: FailRequest): never {
    throw FAILURES[how]();
  }
}

@StageHandler('/count', { request: CountRequest })
class CountHandler {
  async *run({ count }: CountRequest) {
    for (let index = 0; index < count; index++) yield { index };
  }
}

@UseGuards(SignedIn)
@StageHandler('/private', { request: false })
class PrivateHandler {
  run() {
    return {};
  }
}

const providers = [Tokenizer, EchoHandler, FailHandler, CountHandler, PrivateHandler, SignedIn];

async function scrape({ url }: Pick<TestService, 'url'>): Promise<readonly ScrapedSample[]> {
  const response = await fetch(`${url}/metrics`);
  expect([response.status, response.headers.get('content-type')]).toEqual([200, expect.stringContaining('text/plain')]);
  return parseScrape(await response.text());
}

/** The answer is here before its last byte is known to have left: the figures follow a moment later. */
async function eventually<T>(look: () => Promise<T> | T, isIt: (found: T) => boolean): Promise<T> {
  for (let attempt = 0; ; attempt++) {
    const found = await look();
    if (isIt(found) || attempt === 10_000) return found;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

const json = async <T>(response: Response): Promise<T> => (await response.json()) as T;

describe.each(ADAPTERS)('monitoring on %s', (adapter) => {
  let service: TestService | undefined;

  const start = async (options: Parameters<typeof startTestService>[0]['options'] = {}): Promise<TestService> => {
    service = await startTestService({ adapter, providers, options });
    return service;
  };

  afterEach(async () => {
    await service?.close();
    service = undefined;
  });

  it('counts what was sent, by path, tier and status', async () => {
    const app = await start();
    for (let each = 0; each < 5; each++) await (await app.post('/echo', { text: 'a b' })).text();
    for (const how of ['business', 'model', 'model', 'fatal', 'unknown']) await (await app.post('/fail', { how })).text();
    await (await app.post('/echo', '{"text":')).text();
    await (await app.post('/echo', { text: 1 })).text();
    await (await app.post('/private', {})).text();
    await (await app.post('/nowhere', {})).text();
    await (await app.post('/count', { count: 7 })).text();

    const samples = await eventually(
      () => scrape(app),
      (found) => sumOf(found, 'nestage_requests_total', { path: '/count' }) === 1,
    );
    const total = (labels: Record<string, string>): number => sumOf(samples, 'nestage_requests_total', labels);
    expect(total({ path: '/echo', tier: 'none', status: '200' })).toBe(5);
    expect(total({ path: '/echo', tier: 'L1', status: '400' })).toBe(2);
    expect(total({ path: '/fail', tier: 'L2', status: '400' })).toBe(1);
    expect(total({ path: '/fail', tier: 'L3', status: '502' })).toBe(2);
    expect(total({ path: '/fail', tier: 'L3', status: '500' })).toBe(1);
    expect(total({ path: '/fail', tier: 'L4', status: '500' })).toBe(1);
    expect(total({ path: '/private', tier: 'L1', status: '403' })).toBe(1);
    expect(total({ path: 'other', tier: 'L1', status: '404' })).toBe(1);
    expect(sumOf(samples, 'nestage_request_duration_seconds_count', { path: '/echo' })).toBe(7);
    expect(sumOf(samples, 'nestage_stage_duration_seconds_count', { path: '/echo', stage: 'run' })).toBe(5);
    expect(sumOf(samples, 'nestage_errors_total', { code: 'model_error', path: '/fail' })).toBe(2);
    expect(sumOf(samples, 'nestage_errors_total', { tier: 'L4' })).toBe(1);
    expect(sumOf(samples, 'nestage_stream_items_total', { path: '/count' })).toBe(7);
    expect(sumOf(samples, 'nestage_time_to_first_item_seconds_count', { path: '/count' })).toBe(1);
    expect(sumOf(samples, 'nestage_streams_open')).toBe(0);
    expect(sumOf(samples, 'nestage_requests_in_flight')).toBe(0);
    expect(sumOf(samples, 'nestage_request_body_bytes_total', { path: '/count' })).toBe('{"count":7}'.length);
    expect(sumOf(samples, 'nestage_response_bytes_total', { path: '/count' })).toBeGreaterThan(7 * '{"index":0}'.length);
    expect(sumOf(samples, 'nestage_process_resident_memory_bytes')).toBeGreaterThan(1e7);
    expect(sumOf(samples, 'nestage_memory_usage_ratio')).toBeLessThanOrEqual(1);
    for (const name of ['nestage_event_loop_delay_max_seconds', 'nestage_gpu_usage_ratio', 'nestage_log_lines_dropped_total']) {
      expect(samplesOf(samples, name)).toHaveLength(1);
    }

    const stats = await json<{
      performance: { sinceStart: Record<string, { count: number }> };
      errors: Record<string, { byTier: object }>;
    }>(await fetch(`${app.url}/stats`));
    const counts = Object.fromEntries(Object.entries(stats.performance.sinceStart).map(([name, { count }]) => [name, count]));
    expect(counts).toMatchObject({
      'EchoHandler.preProcess': 5,
      'EchoHandler.run': 5,
      'EchoHandler.postProcess': 5,
      EchoHandler: 5,
      'FailHandler.run': 5,
      FailHandler: 5,
      'CountHandler.run': 1,
      'Tokenizer.tokens': 5,
    });
    expect(stats.errors.lastMinute.byTier).toEqual({ L1: 3, L2: 1, L3: 3, L4: 1 });
    expect(app.app.get(ErrorMonitor).count(minutes(1), { handler: 'FailHandler', tier: 'L3' })).toBe(3);
    expect(app.app.get(PerformanceMonitor).getStatistics()['EchoHandler.run'].max).toBeGreaterThan(0);
  });

  it('shows requests and streams while they are open, and counts a client that leaves', async () => {
    const app = await start();
    const leaving = new AbortController();
    const gone = app.post('/echo', { text: 'a', waitMs: 5000 }, { signal: leaving.signal }).catch(() => undefined);
    const open = await eventually(
      () => scrape(app),
      (found) => sumOf(found, 'nestage_requests_in_flight') === 1,
    );
    expect(sumOf(open, 'nestage_requests_in_flight', { path: '/echo' })).toBe(1);
    leaving.abort();
    await gone;
    const after = await eventually(
      () => scrape(app),
      (found) => sumOf(found, 'nestage_requests_in_flight') === 0,
    );
    expect(sumOf(after, 'nestage_requests_in_flight')).toBe(0);
    expect(sumOf(after, 'nestage_requests_aborted_total', { path: '/echo', cause: 'client_closed' })).toBe(1);
    expect(sumOf(after, 'nestage_requests_total', { path: '/echo', status: '499', tier: 'L1' })).toBe(1);
  });

  it('keeps its labels bounded under 1000 random paths', async () => {
    const app = await start();
    const before = (await scrape(app)).length;
    for (let each = 0; each < 1000; each += 50) {
      await Promise.all(
        Array.from({ length: 50 }, (_, index) => fetch(`${app.url}/random/${each + index}?q=${index}`).then((response) => response.text())),
      );
    }
    const samples = await eventually(
      () => scrape(app),
      (found) => sumOf(found, 'nestage_requests_total', { path: 'other' }) === 1000,
    );
    expect(sumOf(samples, 'nestage_requests_total', { path: 'other', status: '404' })).toBe(1000);
    const paths = new Set(samples.map(({ labels }) => labels.path).filter(Boolean));
    expect([...paths].sort()).toEqual(['/count', '/echo', '/fail', '/metrics', '/private', 'other']);
    expect(samples.length - before).toBeLessThan(60);
  });

  it('hears what the rooms tell of refusals, retries, breakers, fallbacks and late results', async () => {
    const app = await start();
    const events = app.app.get(StageEvents);
    app.app.get(StageGauges); // offered to rooms
    const context = { state: new Map() } as unknown as StageContext;
    const route = '/echo';
    events.emit({ type: 'admission.refused', route, context, retryAfterSeconds: 1 });
    events.emit({ type: 'admission.left', route, context, cause: 'queue_timeout', waitedMs: 5 });
    events.emit({ type: 'breaker.refused', route, context });
    events.emit({ type: 'retry', route, context, attempt: 1, attempts: 3, delayMs: 1, error: undefined });
    events.emit({ type: 'breaker.state', route, state: 'open', previous: 'closed' });
    events.emit({ type: 'degraded', route, context, by: 'fallback', reason: 'open' });
    events.emit({ type: 'late_result', route, context, stage: 'run', outcome: 'value', lateMs: 3 });
    events.emit({ type: 'aborted', route, context, cause: 'deadline' });
    const samples = await scrape(app);
    const told = (name: string, labels: object = {}): number => sumOf(samples, name, { path: route, ...labels });
    for (const reason of ['overloaded', 'queue_timeout', 'breaker_open'])
      expect(told('nestage_requests_refused_total', { reason })).toBe(1);
    expect(told('nestage_retries_total')).toBe(1);
    expect(told('nestage_breaker_state')).toBe(2);
    expect(told('nestage_degraded_answers_total', { reason: 'open' })).toBe(1);
    expect(told('nestage_late_results_total')).toBe(1);
    expect(told('nestage_requests_aborted_total', { cause: 'deadline' })).toBe(1);
  });

  it('finds the record of a request by its log id', async () => {
    const app = await start({ records: { size: 3 } });
    const response = await app.post('/echo', { text: 'a b', waitMs: 20 }, { headers: { logid: 'record-1' } });
    await response.text();
    const found = await eventually(
      () => fetch(`${app.url}/requests/record-1`),
      ({ status }) => status === 200,
    );
    const record = await json<RequestRecord>(found);
    expect(record).toMatchObject({ logId: 'record-1', origin: 'http', method: 'POST', path: '/echo', handler: 'EchoHandler', status: 200 });
    expect(record.bytesIn).toBe('{"text":"a b","waitMs":20}'.length);
    expect(record.bytesOut).toBeGreaterThan(100);
    expect(record.stagesMs.run).toBeGreaterThanOrEqual(19);
    expect(record.stagesMs.run).toBeLessThanOrEqual(record.durationMs);
    expect(record.maxEventLoopDelayMs).toBeGreaterThanOrEqual(0);
    expect(Object.keys(record)).not.toContain('cpu');

    await (await app.post('/fail', { how: 'model' }, { headers: { logid: 'record-2' } })).text();
    await (await app.post('/count', { count: 3 }, { headers: { logid: 'record-3' } })).text();
    const records = app.app.get(RequestRecords);
    await eventually(
      () => records.find('record-3'),
      (last) => last !== undefined,
    );
    expect(records.find('record-2')).toMatchObject({ tier: 'L3', code: 'model_error', status: 502 });
    expect(records.find('record-3')).toMatchObject({ items: 3, firstItemMs: expect.any(Number), status: 200 });
    await (await fetch(`${app.url}/nowhere`, { headers: { logid: 'record-4' } })).text();
    await eventually(
      () => records.find('record-4'),
      (last) => last !== undefined,
    );
    expect(records.latest().map(({ logId }) => logId)).toEqual(['record-4', 'record-3', 'record-2']);
    expect((await fetch(`${app.url}/requests/record-1`)).status).toBe(404);
  });

  it('keeps operators’ routes from forwarded requests and from whoever a guard refuses', async () => {
    const app = await start();
    for (const path of ['/stats', '/metrics', '/requests/x']) {
      const response = await fetch(app.url + path, { headers: { 'x-forwarded-for': '203.0.113.7' } });
      expect([path, response.status]).toEqual([path, 404]);
    }
    await app.close();
    service = await startTestService({ adapter, providers, options: { management: { guards: [SignedIn] } } });
    for (const path of ['/stats', '/metrics']) {
      expect((await fetch(service.url + path)).status).toBe(403);
      expect((await fetch(service.url + path, { headers: { 'x-user': 'me' } })).status).toBe(200);
    }
  });

  it('has no routes that are turned off, and others where they are put', async () => {
    const app = await start({ stats: { path: '/ops/stats' }, metrics: false, records: false });
    await (await app.post('/echo', { text: 'a' })).text();
    expect((await fetch(`${app.url}/ops/stats`)).status).toBe(200);
    for (const path of ['/stats', '/metrics', '/requests/x']) expect((await fetch(app.url + path)).status).toBe(404);
    expect(app.app.get(RequestRecords).latest()).toEqual([]);
  });

  it('tells the stages’ times in Server-Timing of replies that are not streams, by option', async () => {
    const app = await start({ serverTiming: true });
    const timing = (await app.post('/echo', { text: 'a', waitMs: 15 })).headers.get('server-timing');
    expect(timing).toMatch(/^pre;dur=[\d.]+, run;dur=[\d.]+, post;dur=[\d.]+/);
    expect(Number(/run;dur=([\d.]+)/.exec(timing ?? '')?.[1])).toBeGreaterThanOrEqual(14);
    const stream = await app.post('/count', { count: 1 });
    await stream.text();
    expect(stream.headers.get('server-timing')).toBeNull();
    await app.close();
    expect((await (await start()).post('/echo', { text: 'a' })).headers.get('server-timing')).toBeNull();
  });

  it('keeps two apps in one process apart, and takes a service’s own metrics in', async () => {
    const app = await start();
    const other = await startTestService({ adapter, providers });
    try {
      new Counter({ name: 'tokens_total', help: 'Tokens.', registers: [app.app.get(MetricsRegistry).registry] }).inc(3);
      await (await app.post('/echo', { text: 'a' })).text();
      const mine = await eventually(
        () => scrape(app),
        (found) => sumOf(found, 'nestage_requests_total', { path: '/echo' }) === 1,
      );
      expect([sumOf(mine, 'nestage_requests_total', { path: '/echo' }), sumOf(mine, 'tokens_total')]).toEqual([1, 3]);
      const theirs = await scrape(other);
      expect(sumOf(theirs, 'nestage_requests_total', { path: '/echo' })).toBe(0);
      expect(samplesOf(theirs, 'tokens_total')).toEqual([]);
      expect(other.app.get(PerformanceMonitor).getStatistics()).toEqual({});
      expect(other.app.get(ErrorMonitor).distribution().lastDay.total).toBe(0);
    } finally {
      await other.close();
    }
  });

  it('shows the gauges that rooms offer, and dropped log lines', async () => {
    @Injectable()
    class Room {
      constructor(gauges: StageGauges, log: LogWriter) {
        gauges.provide({ name: 'permits_in_use', help: 'Permits.', read: () => [['/echo', 4]] });
        Object.defineProperty(log, 'droppedLines', { value: 17 });
      }
    }
    service = await startTestService({ adapter, providers: [...providers, Room] });
    const samples = await scrape(service);
    expect(sumOf(samples, 'nestage_permits_in_use', { path: '/echo' })).toBe(4);
    expect(sumOf(samples, 'nestage_log_lines_dropped_total')).toBe(17);
  });
});

describe.each(ADAPTERS)('tracing on %s', (adapter) => {
  const TRACE_ID = '4bf92f3577b34da6a3ce929d0e0e4736';
  const SPAN_ID = '00f067aa0ba902b7';
  const traceparent = `00-${TRACE_ID}-${SPAN_ID}-01`;
  let tracing: MemoryTracing | undefined;
  let service: TestService;

  @StageHandler('/call', { request: false })
  class CallHandler {
    run() {
      annotateSpan({ [GEN_AI_ATTRIBUTES.requestModel]: 'small' });
      return traceHeaders();
    }
  }

  const begin = async (options = {}): Promise<void> => {
    service = await startTestService({ adapter, providers: [...providers, CallHandler], options });
  };

  afterEach(async () => {
    await service.close();
    tracing?.unregister();
    tracing = undefined;
  });

  const ended = async (name: string): Promise<MemoryTracing> => {
    const { spans } = tracing as MemoryTracing;
    await eventually(
      () => spans.find((span) => span.name === name),
      (span) => span?.hasEnded === true,
    );
    return tracing as MemoryTracing;
  };

  it('makes a span a request and stage, below the caller’s, and hands the trace on', async () => {
    tracing = new MemoryTracing().register();
    await begin();
    const response = await service.post('/call', {}, { headers: { traceparent } });
    const outgoing = await json<{ traceparent: string }>(response);
    expect(response.headers.get('logid')).toBe(TRACE_ID);
    const { spans, named } = await ended('POST /call').then((all) => ({ spans: all.spans, named: (name: string) => all.named(name) }));
    expect(spans.map(({ name }) => name)).toEqual(['POST /call', 'CallHandler.preProcess', 'CallHandler.run', 'CallHandler.postProcess']);
    const request = named('POST /call');
    expect(request).toMatchObject({ kind: SpanKind.SERVER, hasEnded: true, status: { code: SpanStatusCode.UNSET } });
    expect(request.parent).toMatchObject({ traceId: TRACE_ID, spanId: SPAN_ID });
    expect(request.attributes).toEqual({
      'http.request.method': 'POST',
      'http.route': '/call',
      'http.response.status_code': 200,
      'nestage.handler': 'CallHandler',
      'nestage.log_id': TRACE_ID,
    });
    const run = named('CallHandler.run');
    expect(run.parent?.spanId).toBe(request.context.spanId);
    expect(run.attributes).toMatchObject({ 'gen_ai.request.model': 'small', 'nestage.stage': 'run' });
    expect(outgoing.traceparent).toBe(`00-${TRACE_ID}-${run.context.spanId}-01`);
    expect(spans.every(({ hasEnded }) => hasEnded)).toBe(true);
  });

  it('marks errors by tier: the service’s own fail the span, the client’s do not', async () => {
    tracing = new MemoryTracing().register();
    await begin();
    await (await service.post('/fail', { how: 'model' })).text();
    const { spans } = await ended('POST /fail');
    expect(spans.find(({ name }) => name === 'POST /fail')).toMatchObject({
      status: { code: SpanStatusCode.ERROR, message: 'model_error' },
      attributes: { 'nestage.tier': 'L3', 'error.type': 'model_error' },
    });
    expect(spans.find(({ name }) => name === 'FailHandler.run')).toMatchObject({ status: { code: SpanStatusCode.ERROR }, hasEnded: true });
    spans.length = 0;
    await (await service.post('/fail', { how: 'business' })).text();
    await ended('POST /fail');
    expect(spans.find(({ name }) => name === 'POST /fail')).toMatchObject({
      status: { code: SpanStatusCode.UNSET },
      attributes: { 'nestage.tier': 'L2', 'http.response.status_code': 400 },
    });
  });

  it('spans a stream until its last item, and requests that no handler sees', async () => {
    tracing = new MemoryTracing().register();
    await begin();
    await (await service.post('/count', { count: 2 })).text();
    await ended('POST /count');
    expect((await ended('CountHandler.run')).named('CountHandler.run').hasEnded).toBe(true);
    await (await fetch(`${service.url}/nowhere`)).text();
    expect((await ended('GET')).named('GET')).toMatchObject({ hasEnded: true, attributes: { 'http.response.status_code': 404 } });
  });

  it('lets a log line, a record and a trace find each other', async () => {
    tracing = new MemoryTracing().register();
    await begin();
    const response = await service.post('/echo', { text: 'a' }, { headers: { logid: 'mine' } });
    await response.text();
    const { traceId } = (await ended('POST /echo')).named('POST /echo').context;
    expect(tracing.named('POST /echo').attributes['nestage.log_id']).toBe('mine');
    expect(service.log.of('mine')).toContain(`Trace: ${traceId}`);
    expect(service.app.get(RequestRecords).find('mine')?.traceId).toBe(traceId);
  });

  it('makes nothing without an SDK or when turned off, and hands the caller’s trace on as it came', async () => {
    await begin();
    const response = await service.post('/call', {}, { headers: { traceparent, tracestate: 'a=b' } });
    expect(await response.json()).toEqual({ traceparent, tracestate: 'a=b' });
    expect(await (await service.post('/call', {}, { headers: { traceparent: '00-bad' } })).json()).toEqual({});
    await service.close();
    tracing = new MemoryTracing().register();
    await begin({ tracing: false });
    await (await service.post('/call', {})).text();
    expect(tracing.spans).toEqual([]);
  });
});
