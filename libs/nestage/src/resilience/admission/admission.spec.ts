import { RequestContext } from '../../core/context/request-context.js';
import type { StageRoute } from '../../core/discovery/stage-route.js';
import { type StageEvent, StageEvents } from '../../core/pipeline/stage-events.js';
import type { StageHandlerOptions } from '../../core/stage/stage-handler.options.js';
import { BusinessError, ModelError } from '../../core/errors/service-errors.js';
import { FakeClock } from '../../testing/fake-clock.js';
import { MemoryLogWriter } from '../../testing/memory-log-writer.js';
import { Admission } from './admission.js';
import { AdmissionState } from './admission-state.js';
import { HeldPermit } from './held-permit.js';

function setUp(options: StageHandlerOptions) {
  const clock = new FakeClock();
  const log = new MemoryLogWriter();
  const heard: StageEvent[] = [];
  const events = new StageEvents();
  events.on((event) => heard.push(event));
  const admission = new Admission({ path: '/x', name: 'X', options } as StageRoute, events, clock);
  const open = (): RequestContext => new RequestContext({ logId: '1', origin: 'http', headers: {}, writer: log, startedAt: 0 });
  return { clock, log, heard, admission, open, typesHeard: () => heard.map(({ type }) => type) };
}

describe(Admission.name, () => {
  it('admits at once while there are permits, without a turn of the event loop', () => {
    const { admission, open, heard } = setUp({ concurrency: 1 });
    expect(admission.enter(open())).toBeInstanceOf(HeldPermit);
    expect(heard).toMatchObject([{ type: 'admission.admitted', route: '/x', waitedMs: 0 }]);
  });

  it('tells how long a request waited, and leaves no timer behind', async () => {
    const { admission, open, heard, clock } = setUp({ concurrency: 1, queue: 1 });
    const permit = admission.enter(open()) as HeldPermit;
    const second = admission.enter(open()) as Promise<HeldPermit>;
    clock.advance(30);
    permit.release();
    permit.release(); // a second call must not free a second permit
    await second;
    expect(heard.at(-1)).toMatchObject({ type: 'admission.admitted', waitedMs: 30 });
    expect([admission.permits.inUse, clock.pendingTimers]).toEqual([1, 0]);
  });

  it('refuses when the waiting room is full, with a Retry-After that grows with what is ahead', async () => {
    const { admission, open, clock } = setUp({ concurrency: 1, queue: 4 });
    let held = admission.enter(open()) as HeldPermit;
    const waiting = Array.from({ length: 4 }, () => admission.enter(open()) as Promise<HeldPermit>);
    for (let index = 0; index < 2; index++) {
      clock.advance(2000);
      held.release();
      held = await waiting[index];
    }
    for (let index = 0; index < 2; index++) void admission.enter(open());
    expect(() => admission.enter(open())).toThrow(expect.objectContaining({ code: 'overloaded', retryAfterSeconds: 10 }));
  });

  it('gives the permit back when a request is aborted between its grant and its turn', async () => {
    const { admission, open } = setUp({ concurrency: 1, queue: 1 });
    const permit = admission.enter(open()) as HeldPermit;
    const context = open();
    const second = admission.enter(context) as Promise<HeldPermit>;
    permit.release();
    context.abort('client_closed');
    await expect(second).rejects.toMatchObject({ abortCause: 'client_closed' });
    expect(admission.permits.inUse).toBe(0);
  });

  it('counts work that goes on after its request, and takes its permit back in the end', () => {
    const { admission, open, clock, log, typesHeard } = setUp({ concurrency: 1, abandonedPermitMs: 1000 });
    const context = open();
    const permit = admission.enter(context) as HeldPermit;
    permit.watch();
    context.abort('deadline');
    expect([admission.abandoned, admission.permits.inUse]).toEqual([1, 1]);
    clock.advance(1000);
    expect([admission.abandoned, admission.permits.inUse, clock.pendingTimers]).toEqual([0, 0, 0]);
    expect(typesHeard()).toEqual(['admission.admitted', 'admission.reclaimed']);
    expect(log.messages).toEqual(['Run goes on 1000 ms after its request ended: its permit is taken back']);
    permit.release();
    expect(admission.permits.inUse).toBe(0);
  });

  it('leaves neither timer nor listener when abandoned work ends by itself', () => {
    const { admission, open, clock } = setUp({ concurrency: 1 });
    const context = open();
    const permit = admission.enter(context) as HeldPermit;
    permit.watch();
    context.abort('client_closed');
    permit.release();
    expect([admission.abandoned, admission.permits.inUse, clock.pendingTimers, context.abortListenerCount]).toEqual([0, 0, 0, 0]);
  });
});

describe(AdmissionState.name, () => {
  it('sums the methods of a path and sets their limit', () => {
    const { admission, open } = setUp({ concurrency: 2, queue: 3 });
    const state = new AdmissionState();
    state.add('/x', admission);
    state.add('/x', setUp({ concurrency: 1, queue: 1 }).admission);
    void admission.enter(open());
    expect(state.of('/x')).toEqual({ inFlight: 1, waiting: 0, abandoned: 0, concurrency: 3, queue: 4 });
    state.resize('/x', 5.7);
    expect([state.of('/x')?.concurrency, state.of('/unknown'), state.paths]).toEqual([10, undefined, ['/x']]);
  });

  describe('with an adaptive concurrency', () => {
    const work = (given: ReturnType<typeof setUp>, durationMs: number, failure?: unknown): void => {
      const permits = Array.from({ length: given.admission.permits.limit }, () => given.admission.enter(given.open()) as HeldPermit);
      given.clock.advance(durationMs);
      for (const permit of permits) permit.release(failure);
    };

    it('begins with the least, gives more while that slows nothing down, and less when it does', () => {
      const given = setUp({ concurrency: { min: 2, max: 20, adaptive: true } });
      const { permits } = given.admission;
      expect(permits.limit).toBe(2);
      for (let round = 0; round < 200; round++) work(given, 100);
      expect(permits.limit).toBe(20);
      for (let round = 0; round < 5; round++) work(given, 400);
      expect(permits.limit).toBeLessThan(20);
    });

    it('gives less when work runs into its deadline, and takes no notice of other failures', () => {
      const given = setUp({ concurrency: { min: 2, max: 20, adaptive: true } });
      const { permits } = given.admission;
      for (let round = 0; round < 200; round++) work(given, 100);
      for (let round = 0; round < 50; round++) work(given, 1, new BusinessError('no'));
      expect(permits.limit).toBe(20);
      for (let round = 0; round < 10; round++) work(given, 100, new ModelError('slow', { code: 'model_timeout' }));
      expect(permits.limit).toBeLessThan(20);
    });
  });
});
