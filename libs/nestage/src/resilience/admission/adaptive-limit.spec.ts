import fc from 'fast-check';
import { seededRandom } from '../../../../../test/support/seeded-random.js';
import { AdaptiveLimit } from './adaptive-limit.js';

/** A server that works on `capacity` pieces at once in `workMs` each, and on more the slower, with noise of its own. */
interface Server {
  readonly capacity: number;
  readonly workMs: number;
}

interface Played {
  readonly seed: number;
  readonly init: { readonly min: number; readonly max: number };
  /** The server at a time; it may change. */
  readonly at: (seconds: number) => Server;
  readonly seconds: number;
  /** Pieces that are asked for at once; as many as are allowed by default. */
  readonly demand?: number;
  readonly limit?: AdaptiveLimit;
}

interface Moment {
  readonly second: number;
  readonly limit: number;
  readonly latencyMs: number;
}

/** Plays the server event by event: whenever a piece ends, as many begin as the limit allows. */
function play({ seed, init, at, seconds, demand = Infinity, limit = new AdaptiveLimit(init) }: Played): Moment[] {
  const random = seededRandom(seed);
  const moments: Moment[] = [];
  const running: { endsAt: number; durationMs: number; inFlight: number }[] = [];
  let now = 0;
  for (;;) {
    while (running.length < Math.min(limit.limit, demand)) {
      const { capacity, workMs } = at(now / 1000);
      const noise = Math.exp(0.8 * (random.next() + random.next() - 1)) * (random.next() < 0.02 ? 5 : 1);
      const inFlight = running.length + 1;
      const durationMs = workMs * noise * Math.max(1, inFlight / capacity);
      running.push({ endsAt: now + durationMs, durationMs, inFlight });
    }
    const next = running.reduce((first, each) => (each.endsAt < first.endsAt ? each : first));
    running.splice(running.indexOf(next), 1);
    now = next.endsAt;
    if (now > seconds * 1000) return moments;
    limit.sample({ durationMs: next.durationMs, inFlight: next.inFlight, isDropped: false });
    moments.push({ second: now / 1000, limit: limit.limit, latencyMs: next.durationMs });
  }
}

const INIT = { min: 1, max: 200 };

/** Mean limit and pieces a second of a stretch of time. */
function stretch(
  moments: readonly Moment[],
  from: number,
  to: number,
): { readonly limit: number; readonly rate: number; readonly medianMs: number } {
  const chosen = moments.filter(({ second }) => second >= from && second < to);
  const latencies = chosen.map(({ latencyMs }) => latencyMs).sort((a, b) => a - b);
  return {
    limit: chosen.reduce((sum, { limit }) => sum + limit, 0) / chosen.length,
    rate: chosen.length / (to - from),
    medianMs: latencies[latencies.length >> 1],
  };
}

describe(AdaptiveLimit.name, () => {
  it.each([4, 16, 48].flatMap((capacity) => [1, 2, 3].map((seed) => [capacity, seed] as const)))(
    'comes near what a server with room for %d does at best, and stays there (seed %d)',
    (capacity, seed) => {
      const workMs = 100;
      const moments = play({ seed, init: INIT, at: () => ({ capacity, workMs }), seconds: 600 });
      const { limit, rate, medianMs } = stretch(moments, 120, 600);
      const best = stretch(
        play({ seed, init: { min: capacity, max: capacity }, at: () => ({ capacity, workMs }), seconds: 60 }),
        0,
        60,
      ).rate;
      process.stdout.write(
        `capacity ${capacity}: limit ${limit.toFixed(1)}, ${((100 * rate) / best).toFixed(0)} % of the best rate, median ${medianMs.toFixed(0)} ms\n`,
      );
      expect(limit).toBeGreaterThanOrEqual(capacity * 0.8);
      expect(limit).toBeLessThanOrEqual(capacity * 1.6 + 2);
      expect(rate).toBeGreaterThanOrEqual(best * 0.9);
      expect(medianMs).toBeLessThanOrEqual(workMs * 1.7);
    },
  );

  it.each([1, 2, 3])('follows a server that loses most of its room, and recovers with it (seed %d)', (seed) => {
    const at = (second: number): Server => ({ capacity: second >= 200 && second < 400 ? 6 : 24, workMs: 100 });
    const moments = play({ seed, init: INIT, at, seconds: 700 });
    expect(stretch(moments, 300, 400).limit).toBeLessThan(12);
    expect(stretch(moments, 500, 700).limit).toBeGreaterThan(24 * 0.8);
  });

  it.each([1, 2, 3])('does not take work that has become slower for too much of it (seed %d)', (seed) => {
    const at = (second: number): Server => ({ capacity: 24, workMs: second >= 200 ? 250 : 100 });
    const moments = play({ seed, init: INIT, at, seconds: 900 });
    const { limit } = stretch(moments, 500, 900);
    expect(limit).toBeGreaterThan(24 * 0.7);
    expect(limit).toBeLessThan(24 * 1.7);
  });

  it('does not grow while nobody needs more', () => {
    const moments = play({ seed: 1, init: INIT, at: () => ({ capacity: 100, workMs: 100 }), seconds: 300, demand: 5 });
    expect(stretch(moments, 100, 300).limit).toBeLessThanOrEqual(8);
  });

  it('falls when work is dropped, and rises again', () => {
    const limit = new AdaptiveLimit({ min: 2, max: 50 });
    play({ seed: 1, init: INIT, at: () => ({ capacity: 40, workMs: 100 }), seconds: 100, limit });
    const before = limit.limit;
    for (let each = 0; each < 400; each += 1) limit.sample({ durationMs: undefined, inFlight: limit.limit, isDropped: each % 4 === 0 });
    expect(limit.limit).toBeLessThan(before);
    for (let each = 0; each < 2000; each += 1) limit.sample({ durationMs: 100, inFlight: limit.limit, isDropped: true });
    expect(limit.limit).toBe(2);
    play({ seed: 1, init: INIT, at: () => ({ capacity: 40, workMs: 100 }), seconds: 100, limit });
    expect(limit.limit).toBeGreaterThan(20);
  });

  it('learns nothing from work that failed early', () => {
    const limit = new AdaptiveLimit(INIT);
    for (let each = 0; each < 1000; each += 1) expect(limit.sample({ durationMs: undefined, inFlight: 1, isDropped: false })).toBe(false);
    expect(limit.limit).toBe(1);
  });

  it('never leaves its bounds, is always an integer, and says when it changes', () => {
    const sample = fc.record({
      durationMs: fc.option(fc.double({ min: 0, max: 1e6, noNaN: true }), { nil: undefined }),
      inFlight: fc.nat(300),
      isDropped: fc.boolean(),
    });
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 20 }), fc.nat(50), fc.array(sample, { maxLength: 2000 }), (min, more, samples) => {
        const limit = new AdaptiveLimit({ min, max: min + more });
        for (const each of samples) {
          const before = limit.limit;
          expect(limit.sample(each)).toBe(limit.limit !== before);
          expect(Number.isInteger(limit.limit) && limit.limit >= min && limit.limit <= min + more).toBe(true);
        }
      }),
      { numRuns: 50 },
    );
  });
});
