import { getEventListeners, once } from 'node:events';
import { Agent, type ClientRequest, type IncomingMessage, request as httpRequest, type Server } from 'node:http';
import { connect, type Socket } from 'node:net';
import type { Type } from '@nestjs/common';
import { AdmissionState, ServiceDegrader, type StageEvent, StageEvents, StageHandler, WebService } from 'nestage';
import { GateChecks } from '../../libs/nestage/src/http/gate/gate-checks.js';
import { FAULT_HANDLERS, Faults, type FaultRequest, HOUR_MS, Latch, SpareHandler } from '../support/fault-app.js';
import { parseScrape, sumOf } from '../support/scrape.js';
import { ADAPTERS, startTestService, type TestService } from '../support/test-service.js';
import { until } from '../support/until.js';

/** Sends a request whose connection the test may cut. With a longer `length` its body never comes to an end. */
function sendCut(url: string, path: string, body: FaultRequest, length?: number): ClientRequest {
  const text = JSON.stringify(body);
  const outgoing = httpRequest(url + path, {
    method: 'POST',
    agent: false,
    headers: { 'content-type': 'application/json', 'content-length': String(length ?? text.length) },
  });
  outgoing.on('error', () => undefined); // it is cut by the test
  outgoing.on('response', (response) => response.on('error', () => undefined).resume());
  outgoing.write(text);
  if (length === undefined) outgoing.end();
  return outgoing;
}

describe.each(ADAPTERS)('resilience on %s', (adapter) => {
  let service: TestService;
  let faults: Faults;
  let events: StageEvent[];

  beforeEach(async () => {
    service = await startTestService({ adapter, providers: [...FAULT_HANDLERS] });
    faults = service.app.get(Faults);
    const heard: StageEvent[] = []; // what an earlier app left running still speaks
    events = heard;
    service.app.get(StageEvents).on((event) => heard.push(event));
  });
  afterEach(async () => {
    faults.latch?.open();
    await service.close();
  });

  const post = (path: string, how?: string, more: FaultRequest = {}, headers: Record<string, string> = {}): Promise<Response> =>
    service.post(path, { how, ...more }, { headers });
  const gauges = (path: string) => service.app.get(AdmissionState).of(path);
  const linesOf = (text: string): string[] => service.log.messages.filter((message) => message.includes(text));
  const eventsOf = (type: StageEvent['type']): StageEvent[] => events.filter((event) => event.type === type);

  describe('deadline', () => {
    it.each(['hang', 'preProcess'])('answers 504 when the handler never settles (%s)', async (how) => {
      const response = await post('/hurried', how);
      expect(response.status).toBe(504);
      expect(await response.json()).toMatchObject({ code: 504, error: 'deadline_exceeded' });
      expect(eventsOf('aborted')).toMatchObject([{ route: '/hurried', cause: 'deadline' }]);
    });

    it('answers 504 when the time is over before the body is read', async () => {
      service.app.get(GateChecks).use({
        isIdentifying: false,
        refusals: [],
        covers: () => true,
        check: () => new Promise((resolve) => setTimeout(resolve, 30)),
      });
      const response = await post('/plain', undefined, {}, { 'x-request-timeout-ms': '1' });
      expect([response.status, await response.json()]).toMatchObject([504, { error: 'deadline_exceeded' }]);
      expect((await post('/plain')).status).toBe(200);
    });

    it('holds the permit of work that never ends', async () => {
      expect((await post('/hurried', 'hang')).status).toBe(504);
      expect(gauges('/hurried')).toMatchObject({ inFlight: 1, abandoned: 1 });
    });

    it('takes the permit back after abandonedPermitMs', async () => {
      expect((await post('/patient', 'hang', {}, { 'x-request-timeout-ms': '50' })).status).toBe(504);
      await until(() => gauges('/patient')?.inFlight === 0);
      expect(gauges('/patient')).toMatchObject({ abandoned: 0 });
      expect(eventsOf('admission.reclaimed')).toHaveLength(1);
    });

    it.each(['late', 'late-error'])('drops what comes after the answer, and counts it (%s)', async (how) => {
      faults.latch = new Latch();
      expect((await post('/hurried', how)).status).toBe(504);
      expect(gauges('/hurried')).toMatchObject({ inFlight: 1, abandoned: 1 });
      faults.latch.open();
      await until(() => eventsOf('late_result').length === 1);
      expect(eventsOf('late_result')).toMatchObject([{ route: '/hurried', stage: 'run', outcome: how === 'late' ? 'value' : 'error' }]);
      expect(linesOf('Late ')).toHaveLength(1);
      expect(gauges('/hurried')).toMatchObject({ inFlight: 0, abandoned: 0 });
    });

    it('counts nothing as late when the handler stops by the signal', async () => {
      expect((await post('/hurried', 'slow', { ms: HOUR_MS })).status).toBe(504);
      await until(() => gauges('/hurried')?.inFlight === 0);
      expect(eventsOf('late_result')).toEqual([]);
    });

    it('lets a client ask for less time, and not for more', async () => {
      expect((await post('/patient', 'hang', {}, { 'x-request-timeout-ms': '50' })).status).toBe(504); // the route gives an hour
      expect((await post('/hurried', 'hang', {}, { 'x-request-timeout-ms': String(HOUR_MS) })).status).toBe(504);
    });

    it.each(['soon', '-1', '0', '1.5', '1e3'])('refuses %p as a timeout, naming the header', async (value) => {
      const response = await post('/plain', undefined, {}, { 'x-request-timeout-ms': value });
      expect(response.status).toBe(400);
      expect(await response.text()).toContain('x-request-timeout-ms');
      expect(faults.calls).toEqual([]);
    });

    it('covers the body: a client that sends it too slowly gets 504 and its connection closed', async () => {
      const { hostname, port } = new URL(service.url);
      const socket = connect(Number(port), hostname);
      socket.write('POST /hurried HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: 100\r\n\r\n{"how":');
      let text = '';
      socket.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
      await once(socket, 'close');
      expect(text).toMatch(/^HTTP\/1\.1 504 /);
      expect(text).toMatch(/connection: close/i);
      expect(faults.calls).toEqual([]);
    });

    it('gives the time of the answer to the stages', async () => {
      await post('/plain');
      expect(eventsOf('aborted')).toEqual([]);
    });
  });

  describe('streams', () => {
    it('runs past timeoutMs while items come, until streamTimeoutMs', async () => {
      const startedAt = performance.now();
      const text = await (await post('/brief-stream', 'endless')).text();
      expect(performance.now() - startedAt).toBeGreaterThan(3400);
      expect(text).toContain('"item":2');
      expect(text).toContain('deadline_exceeded');
      await until(() => gauges('/brief-stream')?.inFlight === 0);
      expect(faults.calls).toContain('stream endless over');
    });

    it('ends a stream whose next item does not come within itemTimeoutMs', async () => {
      const text = await (await post('/stalling-stream', 'stuck')).text(); // an hour passes before its next item
      expect(text).toContain('deadline_exceeded');
    });

    it('is tried again before its first item, never after', async () => {
      faults.failures = 2;
      expect(await (await post('/stream', 'before')).text()).toContain('"item":2');
      expect(eventsOf('retry')).toHaveLength(2);
      events.length = 0;
      expect(await (await post('/stream', 'midway')).text()).toContain('model_error');
      expect(eventsOf('retry')).toEqual([]);
      expect(faults.calls.filter((call) => call === 'stream midway')).toHaveLength(1);
    });

    it('holds its permit until its end', async () => {
      const reader = sendCut(service.url, '/stream', { how: 'endless' });
      await once(reader, 'response');
      expect(gauges('/stream')).toMatchObject({ inFlight: 1 });
      reader.destroy();
      await until(() => gauges('/stream')?.inFlight === 0);
    });
  });

  describe('admission', () => {
    it('runs so many, has so many wait in order, and refuses the rest with Retry-After', async () => {
      faults.latch = new Latch();
      const order: number[] = [];
      const accepted: Promise<void>[] = [];
      for (let index = 0; index < 3; index++) {
        accepted.push(post('/narrow').then((response) => void order.push(response.status, index)));
        await until(() => (gauges('/narrow')?.inFlight ?? 0) + (gauges('/narrow')?.waiting ?? 0) === index + 1);
      }
      const scraped = await (await fetch(`${service.url}/metrics`)).text();
      expect(sumOf(parseScrape(scraped), 'nestage_requests_waiting', { path: '/narrow' })).toBe(2);
      const refused = await post('/narrow');
      expect(refused.status).toBe(503);
      expect(refused.headers.get('retry-after')).toMatch(/^[1-9]\d?$/);
      expect(await refused.json()).toMatchObject({ error: 'overloaded' });
      faults.latch.open();
      await Promise.all(accepted);
      expect(order).toEqual([200, 0, 200, 1, 200, 2]);
      expect(gauges('/narrow')).toEqual({ inFlight: 0, waiting: 0, abandoned: 0, concurrency: 1, queue: 2 });
      expect(eventsOf('admission.refused')).toHaveLength(1);
      expect(eventsOf('admission.waiting')).toHaveLength(2);
    });

    it('lets a waiting request leave at once when its client does', async () => {
      faults.latch = new Latch();
      const first = post('/narrow');
      await until(() => gauges('/narrow')?.inFlight === 1);
      const gone = sendCut(service.url, '/narrow', {});
      await until(() => gauges('/narrow')?.waiting === 1);
      gone.destroy();
      await until(() => gauges('/narrow')?.waiting === 0);
      expect(gauges('/narrow')?.inFlight).toBe(1);
      expect(eventsOf('admission.left')).toMatchObject([{ cause: 'client_closed' }]);
      faults.latch.open();
      expect((await first).status).toBe(200);
      expect(faults.calls).toEqual(['ok']);
    });

    it('refuses what has waited for queueTimeoutMs', async () => {
      faults.latch = new Latch();
      const first = post('/impatient');
      await until(() => gauges('/impatient')?.inFlight === 1);
      const second = await post('/impatient');
      expect([second.status, await second.json()]).toMatchObject([503, { error: 'overloaded' }]);
      expect(eventsOf('admission.left')).toMatchObject([{ cause: 'queue_timeout' }]);
      faults.latch.open();
      await first;
    });
  });

  describe('retry', () => {
    it('tries a failed run again, and says so', async () => {
      faults.failures = 2;
      expect((await post('/retried')).status).toBe(200);
      expect(faults.calls).toHaveLength(3);
      const lines = service.log.records.filter(({ message }) => message.startsWith('Retry '));
      expect(lines.map(({ level, message }) => `${level} ${message}`)).toEqual([
        'WARNING Retry 1/3: ModelError: the model failed (next attempt in 10 ms)',
        'WARNING Retry 2/3: ModelError: the model failed (next attempt in 20 ms)',
      ]);
    });

    it('gives the last error when all attempts fail', async () => {
      faults.failures = 5;
      expect((await post('/retried')).status).toBe(502);
      expect(faults.calls).toHaveLength(3);
    });

    it.each([
      ['string', 500, 3],
      ['null', 500, 3],
      ['business', 400, 1],
      ['refused', 502, 1],
      ['fatal', 500, 1],
    ])('answers a thrown %s with %d after %d attempts', async (how, status, attempts) => {
      expect((await post('/retried', how)).status).toBe(status);
      expect(faults.calls).toHaveLength(attempts);
    });

    it('waits as long as the upstream asks, and not at all when that is past the deadline', async () => {
      const startedAt = performance.now();
      expect((await post('/retried', 'busy')).status).toBe(503);
      expect(faults.calls).toHaveLength(2); // the third attempt would have come after the deadline
      expect(performance.now() - startedAt).toBeGreaterThan(950);
    });
  });

  describe('breaker', () => {
    const stateOf = (path: string): string | undefined => service.app.get(ServiceDegrader).stateOf(path);

    async function openBreaker(path: string): Promise<void> {
      faults.failures = 2;
      for (let index = 0; index < 2; index++) expect((await post(path)).status).toBe(502);
      expect(stateOf(path)).toBe('open');
    }

    /** Opens it, and waits until it would let a probe pass. */
    async function awaitProbe(): Promise<void> {
      await openBreaker('/recovering');
      await new Promise((resolve) => setTimeout(resolve, 220));
    }

    it('opens after so many errors, answers 503 at once, and joins the health report', async () => {
      await openBreaker('/guarded');
      const response = await post('/guarded');
      expect(response.status).toBe(503);
      expect(response.headers.get('retry-after')).toBe('60'); // it stays open for an hour, which is told as no more than a minute
      expect(await response.json()).toMatchObject({ error: 'breaker_open' });
      expect(faults.calls).toHaveLength(2);
      expect(gauges('/guarded')).toMatchObject({ inFlight: 0 });
      const health = (await (await fetch(`${service.url}/health`)).json()) as {
        status: string;
        checks: Record<string, { status: string }>;
      };
      expect([health.status, health.checks['breaker:/guarded'].status]).toEqual(['degraded', 'degraded']);
      expect(linesOf("Breaker of GuardedHandler ('/guarded'): closed -> open")).toHaveLength(1);
    });

    it('does not count errors of clients, nor clients that leave', async () => {
      for (let index = 0; index < 3; index++) expect((await post('/guarded', 'business')).status).toBe(400);
      for (let index = 0; index < 3; index++) {
        const gone = sendCut(service.url, '/guarded', { how: 'slow', ms: HOUR_MS });
        await until(() => gauges('/guarded')?.inFlight === 1);
        gone.destroy();
        await until(() => gauges('/guarded')?.inFlight === 0);
      }
      for (let index = 0; index < 3; index++) await post('/guarded', 'hang', {}, { 'x-request-timeout-ms': '20' });
      expect(stateOf('/guarded')).toBe('closed');
    });

    it('sends exactly one of 20 requests as the probe, and answers the others before it ends', async () => {
      await awaitProbe();
      faults.calls.length = 0;
      faults.latch = new Latch();
      const order: string[] = [];
      const answers = Array.from({ length: 20 }, () =>
        post('/recovering').then((response) => {
          order.push(String(response.status));
          if (order.length === 19) faults.latch?.open(); // only now may the probe end
          return response.status;
        }),
      );
      const statuses = await Promise.all(answers);
      expect(faults.calls).toEqual(['ok']);
      expect(order).toEqual([...Array<string>(19).fill('503'), '200']);
      expect(statuses.filter((status) => status === 200)).toHaveLength(1);
      expect(stateOf('/recovering')).toBe('closed');
    });

    it('opens again when the probe fails, and sends another when its client left', async () => {
      await awaitProbe();
      const gone = sendCut(service.url, '/recovering', { how: 'slow', ms: HOUR_MS });
      await until(() => faults.calls.includes('slow'));
      expect((await post('/recovering')).status).toBe(503);
      gone.destroy();
      await until(() => gauges('/recovering')?.inFlight === 0);
      faults.failures = 1;
      expect((await post('/recovering')).status).toBe(502);
      expect(stateOf('/recovering')).toBe('open');
    });

    it('obeys the operator', async () => {
      const degrader = service.app.get(ServiceDegrader);
      degrader.forceOpen('/guarded');
      expect([degrader.shouldDegrade('/guarded'), (await post('/guarded')).status]).toEqual([true, 503]);
      degrader.release('/guarded');
      expect([degrader.shouldDegrade('/guarded'), (await post('/guarded')).status]).toEqual([false, 200]);
      degrader.recordError('/guarded');
      degrader.recordError('/guarded');
      expect(degrader.shouldDegrade('/guarded')).toBe(true);
      degrader.reset('/guarded');
      expect(degrader.shouldDegrade('/guarded')).toBe(false);
      expect(() => degrader.forceOpen('/plain')).toThrow("No route '/plain' has a breaker");
    });
  });

  describe('fallback', () => {
    it('answers by the fallback when the breaker is open', async () => {
      expect((await post('/degraded', 'null')).status).toBe(500);
      const response = await post('/degraded');
      expect([response.status, response.headers.get('x-degraded')]).toEqual([200, 'true']);
      expect(await response.json()).toEqual({ processed: { cached: true } });
      expect(service.log.records).toContainEqual(
        expect.objectContaining({ level: 'WARNING', message: 'Degraded: answered by fallback, the breaker is open' }),
      );
      expect(eventsOf('degraded')).toMatchObject([{ route: '/degraded', by: 'fallback', reason: 'open' }]);
    });

    it('gives the first error when the fallback fails too', async () => {
      await post('/degraded', 'null');
      const response = await post('/degraded', 'fallback-fails');
      expect([response.status, response.headers.get('x-degraded')]).toEqual([503, null]);
      expect(linesOf('Fallback failed: Error: nothing cached')).toHaveLength(1);
    });

    it('hands the prepared input to another handler, whose answer is final', async () => {
      const response = await post('/handed', 'prepared');
      expect([response.status, response.headers.get('x-degraded')]).toEqual([200, 'true']);
      expect(await response.json()).toEqual({ spare: 'was prepared', by: 'spare' });
      expect((await post('/handed', 'business')).status).toBe(400);
      expect(await (await post('/handed')).json()).toEqual({ by: 'handed' });
    });
  });

  describe('fatal errors', () => {
    it('take the service out of readiness at once; without startWebService it stays', async () => {
      expect((await fetch(`${service.url}/health/ready`)).status).toBe(200);
      expect((await post('/plain', 'fatal')).status).toBe(500);
      expect((await fetch(`${service.url}/health/ready`)).status).toBe(503);
      expect((await fetch(`${service.url}/health/live`)).status).toBe(200);
      expect((await post('/plain')).status).toBe(200);
      expect(linesOf('A fatal error has happened')).toHaveLength(1);
    });
  });

  describe('clients that leave', () => {
    const points = ['body', 'waiting', 'preProcess', 'run', 'mid-stream', 'retry wait'] as const;

    /** Sends a request that stays at the point until it is cut. */
    function sendTo(point: (typeof points)[number]): ClientRequest {
      if (point === 'body') return sendCut(service.url, '/plain', {}, 100);
      if (point === 'waiting') return sendCut(service.url, '/narrow', {});
      if (point === 'preProcess') return sendCut(service.url, '/patient', { how: 'preProcess' });
      if (point === 'run') return sendCut(service.url, '/patient', { how: 'slow', ms: HOUR_MS });
      if (point === 'mid-stream') return sendCut(service.url, '/stream', { how: 'stuck' });
      return sendCut(service.url, '/patient', { how: 'string' });
    }

    it.each(points)('leave nothing behind at the point: %s', async (point) => {
      const openRequests = (): number => service.app.get(WebService).openRequests;
      if (point === 'waiting') faults.latch = new Latch();
      const holder = point === 'waiting' ? post('/narrow') : undefined;
      if (holder) await until(() => gauges('/narrow')?.inFlight === 1);
      const base = openRequests();
      const atOnce = point === 'waiting' ? 2 : 4;
      for (let sent = 0; sent < 100; sent += atOnce) {
        const before = { retries: eventsOf('retry').length, calls: faults.calls.length };
        const outgoing = Array.from({ length: atOnce }, () => sendTo(point));
        const heads = Promise.all(outgoing.map((each) => (point === 'mid-stream' ? once(each, 'response') : Promise.resolve([]))));
        await until(() => openRequests() === base + atOnce);
        if (point === 'waiting') await until(() => gauges('/narrow')?.waiting === atOnce);
        if (point === 'retry wait') await until(() => eventsOf('retry').length === before.retries + atOnce);
        if (point === 'run' || point === 'preProcess') await until(() => faults.calls.length >= before.calls + atOnce);
        await heads;
        for (const each of outgoing) each.destroy();
        await until(() => openRequests() === base);
      }
      faults.latch?.open();
      await holder;
      await until(() => ['/plain', '/narrow', '/stream', '/patient'].every((path) => gauges(path)?.inFlight === 0));
      for (const signal of faults.signals) expect(getEventListeners(signal, 'abort')).toHaveLength(0);
      expect(eventsOf('aborted')).toHaveLength(100);
      await until(() => linesOf('aborted (client_closed)').length >= 100);
      expect(linesOf('aborted (client_closed)')).toHaveLength(100);

      const path = point === 'waiting' ? '/narrow' : point === 'mid-stream' ? '/stream' : '/plain';
      for (let sent = 0; sent < 100; sent += 2) {
        const responses = await Promise.all([post(path), post(path)]);
        for (const response of responses) expect([response.status, await response.text()]).toEqual([200, expect.any(String)]);
      }
      for (const each of ['/plain', '/narrow', '/stream', '/patient']) {
        expect(gauges(each)).toMatchObject({ inFlight: 0, waiting: 0, abandoned: 0 });
      }
      await until(() => openRequests() === 0);
    });

    it.each(['slow', undefined])('leave nothing behind of what waits for its turn on their connection: %s', async (how) => {
      const warnings: Error[] = [];
      const warned = (warning: Error): unknown => warnings.push(warning);
      process.on('warning', warned);
      const requestOf = (path: string, body: FaultRequest): string => {
        const text = JSON.stringify(body);
        return `POST ${path} HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: ${text.length}\r\n\r\n${text}`;
      };
      const client = connect(Number(new URL(service.url).port), '127.0.0.1');
      client.write(requestOf('/patient', { how: 'slow', ms: HOUR_MS }) + requestOf('/plain', { how, ms: HOUR_MS }).repeat(20));
      await until(() => faults.calls.length === 21 && service.app.get(WebService).openRequests === 21);
      client.destroy();
      await until(() => service.app.get(WebService).openRequests === 0);
      process.off('warning', warned);
      expect([linesOf('aborted (client_closed)').length, warnings]).toEqual([21, []]);
      await until(() => ['/plain', '/patient'].every((path) => gauges(path)?.inFlight === 0));
    });

    it('leaves no listeners on a connection that is kept alive', async () => {
      const sockets: Socket[] = [];
      (service.app.getHttpServer() as Server).on('connection', (socket: Socket) => sockets.push(socket));
      const agent = new Agent({ keepAlive: true, maxSockets: 1 });
      const counts: number[] = [];
      for (let index = 0; index < 30; index++) {
        const outgoing = httpRequest(`${service.url}/plain`, { method: 'POST', agent, headers: { 'content-type': 'application/json' } });
        outgoing.end('{}');
        const [response] = (await once(outgoing, 'response')) as [IncomingMessage];
        await once(response.resume(), 'end');
        counts.push(sockets[0].eventNames().reduce((sum, name) => sum + sockets[0].listenerCount(name), 0));
      }
      agent.destroy();
      expect(sockets).toHaveLength(1);
      expect(counts.at(-1)).toBe(counts[1]);
    });
  });

  describe('odd handlers', () => {
    it('are not harmed by what goes on behind an answer', async () => {
      expect((await post('/plain', 'background')).status).toBe(200);
      await until(() => faults.calls.includes('background went on'));
      expect((await post('/plain')).status).toBe(200);
    });
  });
});

describe('faults of resilience at start', () => {
  class Other {
    run(): string {
      return 'other';
    }
  }

  const startWith = async (options: object, ...others: Type[]): Promise<void> => {
    class Faulty extends Other {}
    StageHandler('/faulty', { request: false, ...options })(Faulty);
    const service = await startTestService({ adapter: 'express', providers: [Faulty, ...others] });
    await service.close();
  };

  @StageHandler('/second', { request: false, fallbackOn: 'error', get fallbackTo(): Type { return First; } }) // prettier-ignore
  class Second extends Other {}

  @StageHandler('/first', { request: false, fallbackOn: 'error', fallbackTo: Second })
  class First extends Other {}

  it.each<[string, () => Promise<unknown>, string]>([
    [
      'a nested option out of range',
      () => startWith({ retry: { attempts: 0 } }),
      '"retry.attempts" must be an integer from 1 to 100, got 0',
    ],
    ['a misspelt nested option', () => startWith({ breaker: { treshold: 3 } }), '"breaker.treshold" is not an option'],
    [
      'a fallback to a class that is no handler',
      () => startWith({ breaker: true, fallbackTo: Other }),
      `Faulty ('/faulty'): "fallbackTo" names Other, which is no handler of this app`,
    ],
    [
      'a fallback that would never be used',
      () => startWith({ fallbackTo: SpareHandler }, SpareHandler),
      `Faulty ('/faulty'): "fallbackTo" would never be used: give { breaker: true } or { fallbackOn: 'error' } with it.`,
    ],
    [
      'fallbacks in a circle',
      () => startTestService({ adapter: 'express', providers: [First, Second] }),
      `First ('/first'): "fallbackTo" leads back to First`,
    ],
  ])('name class, path and remedy: %s', async (_name, start, message) => {
    await expect(start()).rejects.toThrow(message);
  });

  it('take defaults for all handlers below their own options', async () => {
    const service = await startTestService({
      adapter: 'express',
      providers: [...FAULT_HANDLERS],
      options: { defaults: { timeoutMs: 40, concurrency: 3, queue: 1 } },
    });
    try {
      expect(service.app.get(AdmissionState).of('/spare')).toMatchObject({ concurrency: 3, queue: 1 });
      expect(service.app.get(AdmissionState).of('/narrow')).toMatchObject({ concurrency: 1, queue: 2 });
      expect((await service.post('/degraded', { how: 'slow', ms: HOUR_MS })).status).toBe(504);
    } finally {
      await service.close();
    }
  });
});
