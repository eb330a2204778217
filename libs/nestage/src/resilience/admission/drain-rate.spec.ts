import fc from 'fast-check';
import { FakeClock } from '../../testing/fake-clock.js';
import { DrainRate } from './drain-rate.js';

describe(DrainRate.name, () => {
  it('says 1 s before it knows anything', () => {
    expect(new DrainRate(new FakeClock()).secondsFor(100)).toBe(1);
  });

  it('estimates by how fast permits come back while others wait', () => {
    const clock = new FakeClock();
    const rate = new DrainRate(clock);
    rate.released(false);
    for (let index = 0; index < 20; index++) {
      clock.advance(500);
      rate.released(true);
    }
    expect([rate.secondsFor(1), rate.secondsFor(10), rate.secondsFor(1000)]).toEqual([1, 5, 60]);
  });

  it('does not take the pauses of an idle route for its pace', () => {
    const clock = new FakeClock();
    const rate = new DrainRate(clock);
    rate.released(true);
    clock.advance(100);
    rate.released(true);
    clock.advance(50_000);
    rate.released(false);
    clock.advance(100);
    rate.released(true);
    expect(rate.secondsFor(10)).toBe(1);
  });

  it('gets more careful the longer nothing comes back', () => {
    const clock = new FakeClock();
    const rate = new DrainRate(clock);
    rate.released(true);
    clock.advance(100);
    rate.released(true);
    clock.advance(8_000);
    expect(rate.secondsFor(1)).toBe(8);
  });

  it('is an integer from 1 to 60, always', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.double({ min: 0, max: 1e6, noNaN: true }), fc.boolean())), fc.nat(1e6), (releases, ahead) => {
        const clock = new FakeClock();
        const rate = new DrainRate(clock);
        for (const [ms, wasBusy] of releases) {
          clock.advance(ms);
          rate.released(wasBusy);
        }
        const seconds = rate.secondsFor(ahead);
        expect(Number.isInteger(seconds) && seconds >= 1 && seconds <= 60).toBe(true);
      }),
    );
  });
});
