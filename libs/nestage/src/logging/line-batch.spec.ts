import { LineBatch } from './line-batch.js';

describe(LineBatch.name, () => {
  let taken: string[][];
  let batch: LineBatch;

  beforeEach(() => {
    jest.useFakeTimers();
    taken = [];
    batch = new LineBatch(({ all }) => taken.push(all.map(({ level, line }) => `${level} ${line}`)));
  });

  afterEach(() => jest.useRealTimers());

  it('hands on the lines of 10 ms together', () => {
    batch.add('INFO', 'one');
    jest.advanceTimersByTime(9);
    batch.add('DEBUG', 'two');
    expect(taken).toEqual([]);
    jest.advanceTimersByTime(1);
    batch.add('INFO', 'three');
    jest.advanceTimersByTime(10);
    expect(taken).toEqual([['INFO one', 'DEBUG two'], ['INFO three']]);
  });

  it.each(['WARNING', 'ERROR', 'FATAL'] as const)('hands on all at the end of the turn when one is of level %s', (level) => {
    batch.add('INFO', 'one');
    batch.add(level, 'two');
    batch.add('INFO', 'three');
    expect(taken).toEqual([]);
    jest.advanceTimersByTime(0);
    expect(taken).toEqual([['INFO one', `${level} two`, 'INFO three']]);
  });

  it('hands on at once when asked to, and each line once', () => {
    batch.add('WARNING', 'one');
    batch.handOver();
    expect(taken).toEqual([['WARNING one']]);
    batch.add('INFO', 'two');
    jest.advanceTimersByTime(9);
    expect(taken).toEqual([['WARNING one']]);
    jest.runAllTimers();
    batch.handOver();
    expect(taken).toEqual([['WARNING one'], ['INFO two']]);
    expect(jest.getTimerCount()).toBe(0);
  });

  it('holds no more than 224 kB, however long a turn is', () => {
    const line = 'x'.repeat(1023); // and its end
    for (let number = 0; number < 600; number++) batch.add('INFO', line);
    expect(taken.map((lines) => lines.length)).toEqual([224, 224]);
  });

  it('takes a line that is written while it hands on', () => {
    const second = new LineBatch(({ all }) => {
      taken.push(all.map(({ line }) => line));
      if (taken.length === 1) second.add('INFO', 'told meanwhile');
    });
    second.add('INFO', 'one');
    jest.runAllTimers();
    expect(taken).toEqual([['one'], ['told meanwhile']]);
  });
});
