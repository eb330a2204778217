import { getEventListeners } from 'node:events';
import { FakeClock } from '../testing/fake-clock.js';
import { delay, raceAbort } from './abort.js';

const listenersOf = (signal: AbortSignal): number => getEventListeners(signal, 'abort').length;
const never = (): Promise<never> => new Promise<never>(() => {});

describe('raceAbort', () => {
  it('settles as the work does and leaves no listener', async () => {
    const { signal } = new AbortController();
    await expect(raceAbort(Promise.resolve(7), signal)).resolves.toBe(7);
    await expect(raceAbort(Promise.reject(new Error('broken')), signal)).rejects.toThrow('broken');
    expect(listenersOf(signal)).toBe(0);
  });

  it('rejects with the reason as soon as the signal fires', async () => {
    const controller = new AbortController();
    const race = raceAbort(never(), controller.signal);
    const reason = new Error('enough');
    controller.abort(reason);
    await expect(race).rejects.toBe(reason);
    expect(listenersOf(controller.signal)).toBe(0);
  });

  it('rejects at once when the signal has fired already', async () => {
    const reason = new Error('too late');
    await expect(raceAbort(Promise.resolve(1), AbortSignal.abort(reason))).rejects.toBe(reason);
  });

  it('swallows what abandoned work throws later', async () => {
    const unhandled = jest.fn();
    process.on('unhandledRejection', unhandled);
    const controller = new AbortController();
    let fail!: (error: Error) => void;
    const race = raceAbort(new Promise((_, reject) => (fail = reject)), controller.signal);
    controller.abort(new Error('enough'));
    await expect(race).rejects.toThrow('enough');
    fail(new Error('late'));
    await new Promise((resolve) => setImmediate(resolve));
    process.off('unhandledRejection', unhandled);
    expect(unhandled).not.toHaveBeenCalled();
  });
});

describe('delay', () => {
  it('resolves after its time, and leaves neither timer nor listener', async () => {
    const clock = new FakeClock();
    const { signal } = new AbortController();
    let isOver = false;
    const waiting = delay(100, signal, clock).then(() => (isOver = true));
    await clock.advanceAsync(99);
    expect(isOver).toBe(false);
    await clock.advanceAsync(1);
    await waiting;
    expect([clock.pendingTimers, listenersOf(signal)]).toEqual([0, 0]);
  });

  it('rejects with the reason when the signal fires, and leaves neither timer nor listener', async () => {
    const clock = new FakeClock();
    const controller = new AbortController();
    const waiting = delay(100, controller.signal, clock);
    const reason = new Error('enough');
    controller.abort(reason);
    await expect(waiting).rejects.toBe(reason);
    expect([clock.pendingTimers, listenersOf(controller.signal)]).toEqual([0, 0]);
  });

  it('never starts when the signal has fired already', async () => {
    const clock = new FakeClock();
    const reason = new Error('too late');
    await expect(delay(100, AbortSignal.abort(reason), clock)).rejects.toBe(reason);
    expect(clock.pendingTimers).toBe(0);
  });

  it('needs no signal', async () => {
    await expect(delay(1)).resolves.toBeUndefined();
  });
});
