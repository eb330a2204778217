import { SystemError } from '../core/errors/service-errors.js';
import { WebServiceError } from '../core/errors/web-service.error.js';
import { FakeClock } from '../testing/fake-clock.js';
import { MemoryLogWriter } from '../testing/memory-log-writer.js';
import type { Alert } from './alert.js';
import type { AlertDeliveryOptions, AlertSink } from './alert-sink.js';
import { resolveDelivery } from './alerts.options.js';
import { SinkQueue } from './sink-queue.js';

const alertOf = (id: string, tier: Alert['tier'] = 'L3'): Alert => ({ id, tier }) as Alert;

describe('SinkQueue', () => {
  let clock: FakeClock;
  let log: MemoryLogWriter;

  beforeEach(() => {
    clock = new FakeClock();
    log = new MemoryLogWriter();
  });

  const queueOf = (send: AlertSink['send'], delivery: AlertDeliveryOptions = {}): SinkQueue =>
    new SinkQueue({ sink: { name: 'pager', send }, delivery: resolveDelivery(delivery, ''), log, mask: (text) => text, clock });

  it('sends one after the other, in order', async () => {
    const steps: string[] = [];
    const queue = queueOf(async ({ id }) => {
      steps.push(`${id} begins`);
      await new Promise((resolve) => setImmediate(resolve));
      steps.push(`${id} ends`);
    });
    queue.push(alertOf('a'));
    queue.push(alertOf('b'));
    expect(steps).toEqual([]);
    await queue.stop(1000);
    expect(steps).toEqual(['a begins', 'a ends', 'b begins', 'b ends']);
  });

  it('waits twice as long with each retry, and no longer than a minute', async () => {
    const times: number[] = [];
    const queue = queueOf(
      () => {
        times.push(clock.elapsed() / 1000);
        throw new Error('down');
      },
      { retries: 9 },
    );
    queue.push(alertOf('a'));
    await clock.advanceAsync(600_000);
    expect(times).toEqual([0, 1, 3, 7, 15, 31, 63, 123, 183, 243]);
    expect(log.messages).toEqual(["Alerts don't reach pager: down (told once until it works again)"]);
    expect(clock.pendingTimers).toBe(0);
  });

  it('comes back when the sink says, and gives up at once when it says never', async () => {
    const times: number[] = [];
    const errors = [new SystemError('busy', { retryAfterSeconds: 20 }), new WebServiceError('gone', { code: 'client_error', status: 404 })];
    const queue = queueOf(() => {
      times.push(clock.elapsed() / 1000);
      throw errors[times.length - 1];
    });
    queue.push(alertOf('a'));
    await clock.advanceAsync(600_000);
    expect(times).toEqual([0, 20]);
  });

  it('ends an attempt that takes too long, although the sink ignores its signal', async () => {
    const signals: AbortSignal[] = [];
    const queue = queueOf(
      (_alert, signal) => {
        signals.push(signal);
        return new Promise<void>(() => undefined);
      },
      { timeoutMs: 50, retries: 1 },
    );
    queue.push(alertOf('a'));
    await clock.advanceAsync(2000);
    expect(signals.map(({ aborted }) => aborted)).toEqual([true, true]);
    expect(log.messages).toEqual([expect.stringContaining('no answer within 50 ms')]);
  });

  it('drops the oldest of the lowest tier when it is full', async () => {
    const sent: string[] = [];
    let release: () => void = () => undefined;
    const queue = queueOf(
      async ({ id }) => {
        sent.push(id);
        if (id === 'first') await new Promise<void>((resolve) => (release = resolve));
      },
      { maxQueued: 3 },
    );
    queue.push(alertOf('first'));
    await clock.advanceAsync(1);
    for (const alert of [alertOf('l4', 'L4'), alertOf('b'), alertOf('c'), alertOf('d'), alertOf('e')]) queue.push(alert);
    expect(queue.length).toBe(3);
    release();
    await queue.stop(1000);
    expect(sent).toEqual(['first', 'l4', 'd', 'e']);
    expect(log.messages).toEqual([expect.stringContaining('more than 3 alerts wait'), 'Alerts reach pager again; 2 were lost']);
  });

  it('tells each outage once', async () => {
    let isDown = true;
    const queue = queueOf(
      () => {
        if (isDown) throw new Error('down');
      },
      { retries: 0 },
    );
    const push = async (times: number): Promise<void> => {
      for (let each = 0; each < times; each += 1) queue.push(alertOf('a'));
      await clock.advanceAsync(1);
    };
    await push(5);
    isDown = false;
    await push(5);
    isDown = true;
    await push(5);
    expect(log.records.map(({ level, message }) => `${level} ${message.slice(0, 25)}`)).toEqual([
      "ERROR Alerts don't reach pager:",
      'INFO Alerts reach pager again;',
      "ERROR Alerts don't reach pager:",
    ]);
  });

  it('gives what waits one more attempt when it stops, and then takes nothing more', async () => {
    const sent: string[] = [];
    const queue = queueOf(({ id }) => {
      sent.push(id);
      throw new Error('down');
    });
    queue.push(alertOf('a'));
    queue.push(alertOf('b'));
    await clock.advanceAsync(10);
    expect(sent).toEqual(['a']);
    await queue.stop(1000);
    queue.push(alertOf('c'));
    expect(sent).toEqual(['a', 'a', 'b']);
    expect(clock.pendingTimers).toBe(0);
  });

  it('is not held up at the end by a sink that hangs', async () => {
    const queue = queueOf(() => new Promise<void>(() => undefined), { timeoutMs: 1_000_000 });
    queue.push(alertOf('a'));
    queue.push(alertOf('b'));
    const stopped = queue.stop(300);
    await clock.advanceAsync(300);
    await stopped;
    expect(clock.elapsed()).toBe(300);
    expect(clock.pendingTimers).toBe(0);
    expect(log.messages).toEqual([expect.stringContaining('the service has stopped')]);
  });
});
