import { LineBatch } from './line-batch.js';

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe(LineBatch.name, () => {
  let taken: string[][];
  let batch: LineBatch;

  beforeEach(() => {
    const calls: string[][] = [];
    taken = calls;
    batch = new LineBatch(({ all }) => calls.push(all.map(({ level, line }) => `${level} ${line}`)));
  });

  it('hands on the lines of one turn together, when the turn is over', async () => {
    batch.add('INFO', 'one');
    batch.add('WARNING', 'two');
    expect(taken).toEqual([]);
    await turn();
    batch.add('INFO', 'three');
    await turn();
    expect(taken).toEqual([['INFO one', 'WARNING two'], ['INFO three']]);
  });

  it('hands on at once when asked to, and each line once', async () => {
    batch.add('INFO', 'one');
    batch.handOver();
    expect(taken).toEqual([['INFO one']]);
    await turn();
    batch.handOver();
    expect(taken).toEqual([['INFO one']]);
  });

  it('holds no more than 1000 lines, however long a turn is', () => {
    for (let number = 0; number < 2500; number++) batch.add('INFO', String(number));
    expect(taken.map((lines) => lines.length)).toEqual([1000, 1000]);
  });

  it('takes a line that is written while it hands on', async () => {
    const second = new LineBatch(({ all }) => {
      taken.push(all.map(({ line }) => line));
      if (taken.length === 1) second.add('WARNING', 'told meanwhile');
    });
    second.add('INFO', 'one');
    await turn();
    await turn();
    expect(taken).toEqual([['one'], ['told meanwhile']]);
  });
});
