import { FakeClock } from '../../testing/fake-clock.js';
import { StderrFallback } from './stderr-fallback.js';

describe(StderrFallback.name, () => {
  it('writes so many lines within 10 seconds and counts the others', () => {
    const clock = new FakeClock();
    const written: string[] = [];
    const fallback = new StderrFallback(2, clock, (text) => written.push(text) > 0);
    for (const line of ['a', 'b', 'c']) fallback.take(line);
    clock.advance(10_000);
    fallback.take('d');
    expect(written).toEqual(['a\n', 'b\n', 'd\n']);
    expect([fallback.writtenLines, fallback.droppedLines]).toEqual([3, 1]);
  });

  it('announces beyond the bound', () => {
    const written: string[] = [];
    const fallback = new StderrFallback(0, new FakeClock(), (text) => written.push(text) > 0);
    fallback.announce('the disk is full');
    expect(written).toEqual(['the disk is full\n']);
    expect(fallback.droppedLines).toBe(0);
  });
});
