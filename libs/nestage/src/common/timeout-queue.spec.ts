import fc from 'fast-check';
import { FakeClock } from '../testing/fake-clock.js';
import { type Timeout, TimeoutQueue } from './timeout-queue.js';

describe(TimeoutQueue.name, () => {
  let clock: FakeClock;
  let queue: TimeoutQueue;
  let run: string[];

  const add = (name: string, dueAt: number): Timeout => queue.add(dueAt, () => run.push(name));

  beforeEach(() => {
    clock = new FakeClock();
    queue = new TimeoutQueue(clock);
    run = [];
  });

  it('runs each when it is due, by one timer', () => {
    add('second', clock.elapsed() + 20);
    add('first', clock.elapsed() + 10);
    add('third', clock.elapsed() + 30);
    expect(clock.pendingTimers).toBe(1);
    clock.advance(9);
    expect(run).toEqual([]);
    clock.advance(1);
    expect(run).toEqual(['first']);
    clock.advance(15);
    expect([run, clock.pendingTimers]).toEqual([['first', 'second'], 1]);
    clock.advance(100);
    expect([run, clock.pendingTimers]).toEqual([['first', 'second', 'third'], 0]);
  });

  it('leaves one timer behind at most when all are cleared, however often, and it finds nothing', () => {
    for (let round = 0; round < 100; round++) {
      const both = [add('one', clock.elapsed() + 10), add('two', clock.elapsed() + 10)];
      for (const each of [...both, ...both]) each.clear();
    }
    expect(clock.pendingTimers).toBe(1);
    clock.advance(100);
    expect([run, clock.pendingTimers]).toEqual([[], 0]);
  });

  it('takes callbacks that add and clear others', () => {
    const late = add('late', clock.elapsed() + 11);
    queue.add(clock.elapsed() + 10, () => {
      late.clear();
      add('new', clock.elapsed() + 5);
    });
    clock.advance(14);
    expect(run).toEqual([]);
    clock.advance(1);
    expect(run).toEqual(['new']);
  });

  it('runs those that are due after one that throws', () => {
    queue.add(clock.elapsed() + 10, () => {
      throw new Error('stuck');
    });
    add('same time', clock.elapsed() + 10);
    add('later', clock.elapsed() + 20);
    expect(() => clock.advance(10)).toThrow('stuck');
    clock.advance(1);
    expect(run).toEqual(['same time']);
    clock.advance(10);
    expect([run, clock.pendingTimers]).toEqual([['same time', 'later'], 0]);
  });

  it('never runs what is past at once, but soon', () => {
    clock.advance(50);
    add('past', clock.elapsed() - 10);
    expect(run).toEqual([]);
    clock.advance(1);
    expect(run).toEqual(['past']);
  });

  it('runs what was not cleared, once, in the order of its times, and not before', () => {
    const action = fc.record({
      inMs: fc.integer({ min: 0, max: 50 }),
      passMs: fc.integer({ min: 0, max: 20 }),
      clears: fc.option(fc.nat(30)),
    });
    fc.assert(
      fc.property(fc.array(action, { maxLength: 40 }), (actions) => {
        [clock, run] = [new FakeClock(), []];
        queue = new TimeoutQueue(clock);
        const all: { readonly dueAt: number; readonly timeout: Timeout; ranAt?: number; isCleared?: boolean }[] = [];
        for (const { inMs, passMs, clears } of actions) {
          const dueAt = clock.elapsed() + inMs;
          const index = all.length;
          all.push({ dueAt, timeout: queue.add(dueAt, () => (all[index].ranAt = clock.elapsed())) });
          const cleared = clears === null ? undefined : all[clears % all.length];
          if (cleared && cleared.ranAt === undefined) cleared.isCleared = true;
          cleared?.timeout.clear();
          clock.advance(passMs);
        }
        clock.advance(100);
        for (const { dueAt, ranAt, isCleared } of all) {
          if (isCleared) expect(ranAt).toBeUndefined();
          else expect(ranAt).toBeGreaterThanOrEqual(dueAt);
        }
        expect(clock.pendingTimers).toBe(0);
      }),
    );
  });
});
