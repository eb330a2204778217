import { StageEvents } from '../../core/pipeline/stage-events.js';
import { mergeRoutes, type RouteStats } from './route-stats.js';
import { WorkTally } from './work-tally.js';

const route = (part: Partial<RouteStats>): RouteStats => ({
  name: 'Handler',
  method: 'POST',
  path: '/x',
  version: null,
  state: 'ready',
  requestsPerSecond: 0.5,
  inFlight: 1,
  concurrency: 4,
  waiting: 2,
  queue: 8,
  abandoned: 0,
  breaker: null,
  errors: { L1: 1, L2: 0, L3: 2, L4: 0 },
  batches: null,
  ...part,
});

describe('routes of several processes', () => {
  it('are one, with the sums of counts and limits and the worst of states', () => {
    const batches = { batches: 2, items: 6, largest: 4, last: 2, failed: 0 };
    const merged = mergeRoutes([
      [route({ breaker: 'half_open', batches })],
      [route({ state: 'initializing', breaker: 'closed', batches: { ...batches, largest: 7, failed: 1 } }), route({ path: '/y' })],
      [route({ breaker: 'closed' })],
    ]);
    expect(merged.map(({ path }) => path)).toEqual(['/x', '/y']);
    expect(merged[0]).toEqual({
      ...route({}),
      state: 'initializing',
      requestsPerSecond: 1.5,
      inFlight: 3,
      concurrency: 12,
      waiting: 6,
      queue: 24,
      breaker: 'half_open',
      errors: { L1: 3, L2: 0, L3: 6, L4: 0 },
      batches: { batches: 4, items: 12, largest: 7, last: 2, failed: 1 },
    });
    expect(merged[1].breaker).toBeNull();
  });

  it('keep the versions of one path apart', () => {
    const versions = [route({ version: '1' }), route({ version: '2,3' })];
    expect(mergeRoutes([versions, versions]).map(({ version, inFlight }) => [version, inFlight])).toEqual([
      ['1', 2],
      ['2,3', 2],
    ]);
  });
});

describe('the tally of work', () => {
  it('counts batches by path and tasks of threads by pool', () => {
    const events = new StageEvents();
    const tally = new WorkTally(events);
    expect([tally.batchesOf('/x'), tally.pools]).toEqual([undefined, {}]);
    const batch = { type: 'batch.done', route: '/x', calls: 1, durationMs: 1 } as const;
    events.emit({ ...batch, items: 3, outcome: 'ok' });
    events.emit({ ...batch, items: 1, outcome: 'partial' });
    expect(tally.batchesOf('/x')).toEqual({ batches: 2, items: 4, largest: 3, last: 1, failed: 1 });
    const pool = { route: '', pool: 'ocr' } as const;
    events.emit({ ...pool, type: 'worker.done', outcome: 'ok', activeMs: 1 });
    events.emit({ ...pool, type: 'worker.done', outcome: 'crashed', activeMs: 0 });
    events.emit({ ...pool, type: 'worker.refused' });
    events.emit({ ...pool, type: 'worker.ended', cause: 'exit', delayMs: 0 });
    expect(tally.pools).toEqual({ ocr: { ok: 1, error: 0, aborted: 0, crashed: 1, refused: 1, restarts: 1 } });
  });
});
