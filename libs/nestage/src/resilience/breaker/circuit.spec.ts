import fc from 'fast-check';
import type { BreakerState } from '../../core/pipeline/failure-events.js';
import { FakeClock } from '../../testing/fake-clock.js';
import { type BreakerOptions, resolveBreakerOptions, type ResolvedBreakerOptions } from './breaker.options.js';
import { type CallOutcome, Circuit, type CircuitPass } from './circuit.js';

const resolved = (options: BreakerOptions): ResolvedBreakerOptions => resolveBreakerOptions(options) as ResolvedBreakerOptions;

function setUp(options: BreakerOptions) {
  const clock = new FakeClock();
  const states: BreakerState[] = [];
  const circuit = new Circuit(resolved(options), clock, (state) => states.push(state));
  const call = (outcome: CallOutcome): boolean => {
    const pass = circuit.admit();
    if (pass) circuit.settle(pass, outcome);
    return pass !== undefined;
  };
  return { clock, states, circuit, call };
}

describe(Circuit.name, () => {
  it('opens after errorThreshold errors in a row', () => {
    const { circuit, call } = setUp({ errorThreshold: 3 });
    for (const outcome of ['failure', 'failure', 'success', 'failure', 'failure'] as const) call(outcome);
    expect(circuit.state).toBe('closed');
    call('neutral'); // neither breaks the row nor counts
    call('failure');
    expect(circuit.state).toBe('open');
    expect(circuit.admit()).toBeUndefined();
  });

  it('counts errors since the last reset in mode "total", whatever succeeds between', () => {
    const { circuit, call, clock } = setUp({ mode: 'total', errorThreshold: 3, resetIntervalMs: 1000 });
    for (const outcome of ['failure', 'success', 'failure', 'success'] as const) call(outcome);
    clock.advance(1000);
    call('failure'); // the first of a new period
    call('failure');
    expect(circuit.state).toBe('closed');
    call('failure');
    expect(circuit.state).toBe('open');
  });

  it('opens by the share of errors within the window in mode "sampling"', () => {
    const { circuit, call, clock } = setUp({ mode: 'sampling', errorThreshold: 3, errorRate: 0.5, windowMs: 1000 });
    for (let index = 0; index < 10; index++) call('success');
    for (let index = 0; index < 9; index++) call('failure');
    expect(circuit.state).toBe('closed'); // 9 of 19
    call('failure');
    expect(circuit.state).toBe('open'); // 10 of 20
    circuit.reset();
    call('failure');
    call('failure');
    clock.advance(1200);
    call('failure'); // the other two are out of the window
    expect(circuit.state).toBe('closed');
  });

  it('lets exactly one probe through when the interval is over, and closes when it succeeds', () => {
    const { circuit, call, clock, states } = setUp({ errorThreshold: 1, resetIntervalMs: 1000 });
    call('failure');
    clock.advance(999);
    expect([circuit.admit(), circuit.probeInMs]).toEqual([undefined, 1]);
    clock.advance(1);
    const probe = circuit.admit() as CircuitPass;
    expect([probe.isProbe, circuit.admit(), circuit.state]).toEqual([true, undefined, 'half_open']);
    circuit.settle(probe, 'success');
    expect(states).toEqual(['open', 'half_open', 'closed']);
  });

  it('opens for another interval when the probe fails, and sends another at once when it says nothing', () => {
    const { circuit, call, clock } = setUp({ errorThreshold: 1, resetIntervalMs: 1000 });
    call('failure');
    clock.advance(1000);
    circuit.settle(circuit.admit() as CircuitPass, 'neutral');
    expect(circuit.state).toBe('half_open');
    circuit.settle(circuit.admit() as CircuitPass, 'failure');
    expect([circuit.state, circuit.probeInMs]).toEqual(['open', 1000]);
  });

  it('does not hear what a call of an earlier period tells, nor a second outcome', () => {
    const { circuit, call, clock } = setUp({ errorThreshold: 2, resetIntervalMs: 1000 });
    const [old, twice] = [circuit.admit(), circuit.admit()] as CircuitPass[];
    circuit.settle(twice, 'failure');
    circuit.settle(twice, 'failure');
    expect(circuit.state).toBe('closed');
    call('failure');
    clock.advance(1000);
    call('success');
    circuit.settle(old, 'failure');
    call('failure');
    expect(circuit.state).toBe('closed');
  });

  it('stays open by force until it is reset', () => {
    const { circuit, call, clock } = setUp({ errorThreshold: 1, resetIntervalMs: 10 });
    circuit.forceOpen();
    clock.advance(10_000);
    expect([circuit.admit(), circuit.isForcedOpen]).toEqual([undefined, true]);
    circuit.reset();
    expect([call('success'), circuit.state]).toEqual([true, 'closed']);
  });

  it('behaves as a naive model does, whatever happens', () => {
    type Step =
      | { kind: 'admit' }
      | { kind: 'settle'; index: number; outcome: CallOutcome }
      | { kind: 'wait'; ms: number }
      | { kind: 'reset' }
      | { kind: 'force' };
    const outcome = fc.constantFrom<CallOutcome>('success', 'failure', 'failure', 'neutral');
    const step: fc.Arbitrary<Step> = fc.oneof(
      { weight: 4, arbitrary: fc.constant<Step>({ kind: 'admit' }) },
      { weight: 4, arbitrary: fc.record({ kind: fc.constant('settle' as const), index: fc.nat(20), outcome }) },
      { weight: 2, arbitrary: fc.record({ kind: fc.constant('wait' as const), ms: fc.integer({ min: 1, max: 150 }) }) },
      { weight: 1, arbitrary: fc.constantFrom<Step>({ kind: 'reset' }, { kind: 'force' }) },
    );
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 3 }), fc.array(step, { maxLength: 120 }), (threshold, steps) => {
        const { circuit, clock } = setUp({ errorThreshold: threshold, resetIntervalMs: 100 });
        const passes: { readonly real: CircuitPass; readonly period: number; readonly isProbe: boolean; isOpen: boolean }[] = [];
        const model = { state: 'closed' as BreakerState, errors: 0, openedAt: 0, isForced: false, isProbing: false, period: 0 };
        const enter = (state: BreakerState): void => {
          if (model.state === state) return;
          Object.assign(model, { state, isProbing: false, period: model.period + 1 });
        };
        const open = (): void => {
          model.openedAt = clock.elapsed();
          enter('open');
        };
        const close = (): void => {
          Object.assign(model, { errors: 0, isForced: false });
          enter('closed');
        };
        for (const each of steps) {
          if (each.kind === 'wait') clock.advance(each.ms);
          else if (each.kind === 'reset') {
            circuit.reset();
            close();
          } else if (each.kind === 'force') {
            circuit.forceOpen();
            model.isForced = true;
            open();
          } else if (each.kind === 'admit') {
            const real = circuit.admit();
            if (model.state === 'open' && !model.isForced && clock.elapsed() - model.openedAt >= 100) enter('half_open');
            const isExpected = model.state === 'closed' || (model.state === 'half_open' && !model.isProbing);
            expect(real !== undefined).toBe(isExpected);
            if (!real) continue;
            const isProbe = model.state === 'half_open';
            if (isProbe) model.isProbing = true;
            expect(real.isProbe).toBe(isProbe);
            passes.push({ real, period: model.period, isProbe, isOpen: true });
          } else if (passes.length > 0) {
            const pass = passes[each.index % passes.length];
            circuit.settle(pass.real, each.outcome);
            const counts = pass.isOpen && pass.period === model.period;
            if (counts) pass.isOpen = false;
            if (counts && pass.isProbe) {
              model.isProbing = false;
              if (each.outcome === 'success') close();
              else if (each.outcome === 'failure') open();
            } else if (counts && each.outcome === 'success') model.errors = 0;
            else if (counts && each.outcome === 'failure' && ++model.errors >= threshold) open();
          }
          expect(circuit.state).toBe(model.state);
        }
      }),
      { numRuns: 300 },
    );
  });
});
