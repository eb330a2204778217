import { FakeClock } from '../testing/fake-clock.js';
import { Claims } from './claims.js';

describe('claims', () => {
  it('are granted once within their time, each key by itself', () => {
    const clock = new FakeClock();
    const claims = new Claims(clock);
    expect([claims.grant('a', 100), claims.grant('a', 100), claims.grant('b', 100)]).toEqual([true, false, true]);
    clock.advance(99);
    expect(claims.grant('a', 100)).toBe(false);
    clock.advance(1);
    expect(claims.grant('a', 100)).toBe(true);
  });

  it('forget the oldest key when there are too many', () => {
    const claims = new Claims(new FakeClock());
    for (let key = 0; key < 10_001; key++) claims.grant(String(key), 1000);
    expect([claims.grant('0', 1000), claims.grant('10000', 1000)]).toEqual([true, false]);
  });
});
