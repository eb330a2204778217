import fc from 'fast-check';
import { FakeClock } from '../../testing/fake-clock.js';
import { SliceRing } from './slice-ring.js';

describe(SliceRing.name, () => {
  it('shows what fell into the last slices, the running one included, and nothing older', () => {
    const steps = fc.array(fc.record({ pauseMs: fc.integer({ min: 0, max: 400 }), adds: fc.integer({ min: 0, max: 3 }) }), {
      maxLength: 40,
    });
    fc.assert(
      fc.property(steps, fc.integer({ min: 1, max: 8 }), fc.integer({ min: 1, max: 900 }), (given, count, withinMs) => {
        const clock = new FakeClock();
        const sliceMs = 100;
        const ring = new SliceRing<number[]>({ sliceMs, count, clock, create: () => [], reset: (slice) => (slice.length = 0) });
        const all: number[] = [];
        for (const { pauseMs, adds } of given) {
          clock.advance(pauseMs);
          for (let each = 0; each < adds; each++) {
            ring.current().push(clock.elapsed());
            all.push(clock.elapsed());
          }
        }
        const slices = Math.min(count, Math.ceil(withinMs / sliceMs));
        const oldest = (Math.floor(clock.elapsed() / sliceMs) - slices + 1) * sliceMs;
        expect([...ring.slices(withinMs)].flat().sort((a, b) => a - b)).toEqual(all.filter((at) => at >= oldest));
      }),
    );
  });
});
