import { type FinishedRequest, RequestEvents } from '../../core/context/request-events.js';
import { FakeClock } from '../../testing/fake-clock.js';
import { HandlerRates } from './handler-rates.js';

it('tells how many requests a second each handler has answered in the last ten seconds', () => {
  const requests = new RequestEvents();
  const clock = new FakeClock();
  const rates = new HandlerRates(requests, clock);
  const finish = (handlerName: string): void =>
    requests.finished({ context: { handlerName, startedAt: clock.elapsed(), place: -1 }, durationMs: 0 } as unknown as FinishedRequest);
  for (let request = 0; request < 20; request++) finish('A');
  finish('');
  expect([rates.perSecond('A'), rates.perSecond('B')]).toEqual([2, 0]);
  clock.advance(5000);
  for (let request = 0; request < 5; request++) finish('B');
  expect([rates.perSecond('A'), rates.perSecond('B')]).toEqual([2, 0.5]);
  clock.advance(6000);
  expect([rates.perSecond('A'), rates.perSecond('B')]).toEqual([0, 0.5]);
});
