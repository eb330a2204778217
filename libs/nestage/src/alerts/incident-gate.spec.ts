import fc from 'fast-check';
import { FakeClock } from '../testing/fake-clock.js';
import { IncidentGate } from './incident-gate.js';

describe('IncidentGate', () => {
  const clock = new FakeClock();
  const gateOf = (patience?: number): IncidentGate => new IncidentGate({ cooldownMs: 100, quietMs: 20, patience, clock });

  /** Steps once every ten milliseconds. */
  const play = (gate: IncidentGate, holds: string): string =>
    [...holds]
      .map((each) => {
        clock.advance(10);
        return { firing: 'F', recovered: 'R', none: '.' }[gate.step(each === '1') ?? 'none'];
      })
      .join('');

  it('fires at once, again after each cooldown, and recovers after the quiet', () => {
    expect(play(gateOf(), '0111111111111000')).toBe('.F.........F...R');
  });

  it('does not recover while the condition comes back within the quiet', () => {
    expect(play(gateOf(), '101010100000')).toBe('F........R..');
  });

  it('keeps an outbreak after a recovery for the end of the cooldown', () => {
    expect(play(gateOf(), '10001000000000')).toBe('F..R......F.R.');
  });

  it('lets reminders of one incident become rarer', () => {
    expect(play(gateOf(2), '1'.repeat(40))).toBe(`F${'.'.repeat(9)}F${'.'.repeat(19)}F${'.'.repeat(9)}`);
  });

  it('does not remind of what ebbs away', () => {
    const gate = gateOf();
    expect(gate.step(true)).toBe('firing');
    clock.advance(200);
    expect(gate.step(true, false)).toBeUndefined();
    expect(gate.isFiring).toBe(true);
  });

  it('never announces more than one alert and one recovery a cooldown, and never one recovery without an alert', () => {
    fc.assert(
      fc.property(fc.array(fc.boolean(), { maxLength: 200 }), (holds) => {
        const said = play(gateOf(), holds.map((each) => (each ? '1' : '0')).join(''));
        expect(said.replaceAll('.', '')).toMatch(/^(F+R)*F*$/);
        expect(said).not.toMatch(/F.{0,8}F/);
        expect(said).not.toMatch(/R[^F]*R/);
      }),
    );
  });
});
