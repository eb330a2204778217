import fc from 'fast-check';
import { Permits, type PermitWaiter } from './permits.js';

type Step = 'come' | 'release' | 'leave' | 'grow' | 'shrink';

describe(Permits.name, () => {
  it('gives permits up to the limit, and no more', () => {
    const permits = new Permits({ limit: 2, queue: 0 });
    expect([permits.tryTake(), permits.tryTake(), permits.tryTake()]).toEqual([true, true, false]);
    expect(permits.isFull).toBe(true);
    permits.release();
    expect([permits.inUse, permits.isFull, permits.tryTake()]).toEqual([1, false, true]);
  });

  it('hands a released permit to whoever has waited longest', async () => {
    const permits = new Permits({ limit: 1, queue: 2 });
    permits.tryTake();
    const order: string[] = [];
    void permits.wait().granted.then(() => order.push('first'));
    void permits.wait().granted.then(() => order.push('second'));
    permits.release();
    await Promise.resolve();
    expect([order, permits.inUse, permits.waiting]).toEqual([['first'], 1, 1]);
  });

  it('lets a waiter leave at once, and says so when the permit has come already', async () => {
    const permits = new Permits({ limit: 1, queue: 1 });
    permits.tryTake();
    const gone = permits.wait();
    expect(gone.leave(new Error('gone'))).toBe(true);
    await expect(gone.granted).rejects.toThrow('gone');
    expect([permits.waiting, permits.isFull]).toEqual([0, false]);
    const served = permits.wait();
    permits.release();
    expect(served.leave(new Error('late'))).toBe(false);
    await expect(served.granted).resolves.toBeUndefined();
  });

  it('never lets a newcomer pass those who wait', () => {
    const permits = new Permits({ limit: 1, queue: 1 });
    permits.tryTake();
    permits.wait();
    permits.resize(2);
    expect(permits.tryTake()).toBe(false); // the second permit went to the waiter
    expect(permits.inUse).toBe(2);
  });

  it('never exceeds its limits, never wakes one who left, and keeps the order of coming', async () => {
    const step = fc.constantFrom<Step>('come', 'come', 'come', 'release', 'leave', 'grow', 'shrink');
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 4 }),
        fc.integer({ min: 0, max: 5 }),
        fc.array(step, { maxLength: 80 }),
        async (limit, queue, steps) => {
          const permits = new Permits({ limit, queue });
          const waiting: { id: number; waiter: PermitWaiter }[] = [];
          const granted: number[] = [];
          const left = new Set<number>();
          let highest = limit;
          let coming = 0;
          for (const each of steps) {
            if (each === 'come' && !permits.tryTake() && !permits.isFull) {
              const id = coming++;
              const waiter = permits.wait();
              waiting.push({ id, waiter });
              waiter.granted.then(
                () => granted.push(id),
                () => undefined,
              );
            } else if (each === 'release' && permits.inUse > 0) permits.release();
            else if (each === 'leave' && waiting.length > 0) {
              const [{ id, waiter }] = waiting.splice(Math.floor(waiting.length / 2), 1);
              if (waiter.leave(new Error('left'))) left.add(id);
            } else if (each === 'grow') permits.resize(permits.limit + 1);
            else if (each === 'shrink' && permits.limit > 1) permits.resize(permits.limit - 1);
            highest = Math.max(highest, permits.limit);
            expect(permits.inUse).toBeLessThanOrEqual(highest);
            expect(permits.waiting).toBeLessThanOrEqual(queue);
            expect(permits.waiting > 0 && permits.inUse < permits.limit).toBe(false); // nobody waits for what is free
          }
          await new Promise((resolve) => setImmediate(resolve));
          expect(granted).toEqual([...granted].sort((a, b) => a - b));
          expect(granted.some((id) => left.has(id))).toBe(false);
        },
      ),
    );
  });
});
