import { type StageEvent, StageEvents } from './stage-events.js';

const RETRY: StageEvent = { type: 'retry', route: '/x', attempt: 1, attempts: 3, delayMs: 5, error: undefined };
const LATE: StageEvent = { type: 'late_result', route: '/y', stage: 'run', outcome: 'value', lateMs: 1 };

describe(StageEvents.name, () => {
  it('tells each listener of the types that it asked for, in order of subscription, until it stops', () => {
    const events = new StageEvents();
    const heard: string[] = [];
    const stop = events.on(({ attempt }) => heard.push(`attempt ${attempt}`), ['retry']);
    events.on(({ type }) => heard.push(type));
    events.on(({ route }) => heard.push(route), ['late_result', 'retry']);
    events.emit(RETRY);
    expect(heard.splice(0)).toEqual(['attempt 1', 'retry', '/x']);
    events.emit(LATE);
    expect(heard.splice(0)).toEqual(['late_result', '/y']);
    stop();
    events.emit(RETRY);
    expect(heard).toEqual(['retry', '/x']);
  });

  it('goes on although a listener fails', () => {
    const events = new StageEvents();
    const heard: string[] = [];
    events.on(() => {
      throw new Error('no');
    });
    events.on(({ type }) => heard.push(type));
    events.emit(LATE);
    expect(heard).toEqual(['late_result']);
  });

  it('knows whether anybody hears of a type', () => {
    const events = new StageEvents();
    expect(events.hears('retry')).toBe(false);
    const stop = events.on(() => undefined, ['retry']);
    expect([events.hears('retry'), events.hears('aborted')]).toEqual([true, false]);
    stop();
    expect(events.hears('retry')).toBe(false);
    events.on(() => undefined);
    expect(events.hears('aborted')).toBe(true);
  });
});
