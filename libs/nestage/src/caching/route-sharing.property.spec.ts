import fc from 'fast-check';
import { RequestContext } from '../core/context/request-context.js';
import { resolveRoute } from '../core/discovery/resolve-route.js';
import type { CacheLookupEvent } from '../core/pipeline/cache-events.js';
import { StageEvents } from '../core/pipeline/stage-events.js';
import type { StageLifecycle } from '../core/stage/stage-lifecycle.js';
import { FakeClock } from '../testing/fake-clock.js';
import { MemoryLogWriter } from '../testing/memory-log-writer.js';
import { type ResolvedCachingOptions, resolveCachingOptions } from './caching.options.js';
import { RouteSharing } from './route-sharing.js';

class Handler {
  run(): void {}
}
const ROUTE = resolveRoute(Handler, { path: '/x', options: { request: false } }, {});
const TTL_MS = 20;

type Step =
  | { readonly do: 'arrive'; readonly input: number; readonly control: string | undefined }
  | { readonly do: 'abort' | 'answer' | 'fail'; readonly pick: number }
  | { readonly do: 'wait'; readonly ms: number };

const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constant('arrive'),
      input: fc.nat(3),
      control: fc.oneof({ weight: 8, arbitrary: fc.constant(undefined) }, fc.constantFrom('no-cache', 'no-store')),
    }),
  },
  { weight: 3, arbitrary: fc.record({ do: fc.constantFrom('abort', 'answer', 'fail'), pick: fc.nat() }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('wait'), ms: fc.integer({ min: 1, max: 15 }) }) },
);

/** One call of `run`, held until the test ends it. */
interface Run {
  readonly input: number;
  readonly context: RequestContext;
  readonly end: (value: unknown) => void;
  readonly fail: (error: unknown) => void;
  endedAt: number | undefined;
}

interface Sent {
  readonly input: number;
  readonly isControlled: boolean;
  readonly context: RequestContext;
  readonly at: number;
  lookup: CacheLookupEvent | undefined;
  settled: { readonly value?: { readonly run: number; copies: number }; readonly error?: unknown } | undefined;
}

class Play {
  readonly sent: Sent[] = [];
  readonly runs: Run[] = [];
  readonly clock = new FakeClock();
  private readonly sharing: RouteSharing;

  constructor(
    readonly isCoalesced: boolean,
    isCached: boolean,
  ) {
    const options = resolveCachingOptions({ coalesce: isCoalesced, cache: isCached ? { ttlMs: TTL_MS } : false });
    const events = new StageEvents();
    events.on((event) => {
      const own = this.sent.find(({ context }) => context === event.context);
      if (event.type === 'cache.lookup' && own) own.lookup = event;
    });
    this.sharing = new RouteSharing({
      route: ROUTE,
      options: options as ResolvedCachingOptions,
      events,
      clock: this.clock,
      isDegraded: () => false,
    });
  }

  arrive(input: number, control: string | undefined): void {
    const headers = control ? { 'cache-control': control } : {};
    const context = new RequestContext({
      logId: `${this.sent.length}`,
      origin: 'http',
      headers,
      writer: new MemoryLogWriter(),
      startedAt: 0,
    });
    const own: Sent = {
      input,
      isControlled: control !== undefined,
      context,
      at: this.clock.elapsed(),
      lookup: undefined,
      settled: undefined,
    };
    this.sent.push(own);
    const settle = (settled: Sent['settled']): void => {
      expect(own.settled).toBeUndefined();
      own.settled = settled;
    };
    const next = (_input: unknown, given = context): unknown =>
      new Promise((end, fail) => this.runs.push({ input, context: given, end, fail, endedAt: undefined }));
    const call = { stage: 'run', input: { input }, context, handler: new Handler() as StageLifecycle } as const;
    void Promise.resolve(this.sharing.answer(call, next)).then(
      (value) => {
        settle({ value: value as NonNullable<Sent['settled']>['value'] });
        (value as { copies: number }).copies++;
      },
      (error: unknown) => settle({ error }),
    );
  }

  /** Ends one of the runs that are open. */
  end(pick: number, isFailing: boolean): void {
    const open = this.open();
    const run = open[pick % (open.length || 1)] as Run | undefined;
    if (!run) return;
    run.endedAt = this.clock.elapsed();
    if (isFailing) run.fail(run.context.abortedBy ?? new Error(`run ${this.runs.indexOf(run)} failed`));
    else run.end({ run: this.runs.indexOf(run), copies: 0 });
  }

  open(): readonly Run[] {
    return this.runs.filter(({ endedAt }) => endedAt === undefined);
  }

  /** Those who wait for a run or have waited for it. */
  sharersOf({ context }: Run): readonly Sent[] {
    return this.sent.filter(({ lookup }) => lookup && lookup.outcome !== 'hit' && lookup.runLogId === context.logId);
  }

  /** What holds at every moment. */
  check(): void {
    for (const run of this.open()) {
      const isDeserted = this.sharersOf(run).every(({ context }) => context.abortedBy);
      expect(run.context.abortedBy !== undefined).toBe(isDeserted);
    }
    if (!this.isCoalesced || this.sent.some(({ isControlled }) => isControlled)) return;
    const running = this.open().filter(({ context }) => !context.abortedBy);
    expect(new Set(running.map(({ input }) => input)).size).toBe(running.length);
  }

  /** What holds when all is over. */
  checkEach({ input, context, at, lookup, settled }: Sent): void {
    const own = this.runs.findIndex((run) => run.context.logId === lookup?.runLogId);
    expect(settled).toBeDefined();
    expect(context.abortListenerCount).toBe(0);
    if (settled?.value) {
      const run = this.runs[settled.value.run];
      expect([run.input, settled.value.run, settled.value.copies]).toEqual([input, own, 1]);
      if (lookup?.outcome === 'hit') expect(at - (run.endedAt ?? NaN)).toBeLessThanOrEqual(TTL_MS);
    } else if (!context.abortedBy) expect(settled?.error).toEqual(new Error(`run ${own} failed`));
  }
}

describe('shared results under random arrivals, aborts and failures', () => {
  it('answer everyone once, with what its own input gave, by no more runs than there must be', async () => {
    await fc.assert(
      fc.asyncProperty(fc.boolean(), fc.boolean(), fc.array(step, { maxLength: 60 }), async (isCoalesced, isCached, steps) => {
        fc.pre(isCoalesced || isCached);
        const play = new Play(isCoalesced, isCached);
        for (const each of steps) {
          if (each.do === 'arrive') play.arrive(each.input, each.control);
          else if (each.do === 'wait') play.clock.advance(each.ms);
          else if (each.do === 'abort') play.sent[each.pick % (play.sent.length || 1)]?.context.abort('client_closed');
          else play.end(each.pick, each.do === 'fail');
          await play.clock.advanceAsync(0);
          play.check();
        }
        while (play.open().length > 0) {
          play.end(0, false);
          await play.clock.advanceAsync(0);
        }
        for (const each of play.sent) play.checkEach(each);
        const begun = play.sent.filter(({ lookup }) => lookup?.outcome === 'miss' || lookup?.outcome === 'bypass');
        expect(play.runs).toHaveLength(begun.length);
      }),
      { numRuns: 400 },
    );
  });
});
