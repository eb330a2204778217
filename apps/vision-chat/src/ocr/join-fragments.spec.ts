import { mapBox, turnBox } from './geometry/box.js';
import { joinFragments } from './join-fragments.js';
import type { Box } from './ocr.types.js';

function box(x: number, y: number, width: number, height: number): Box {
  return [
    [x, y],
    [x + width, y],
    [x + width, y + height],
    [x, y + height],
  ];
}

describe('joinFragments', () => {
  it('joins words of one line whose boxes overlap, a single letter at the end too', () => {
    const [joined, ...rest] = joinFragments([box(0, 0, 300, 60), box(270, 4, 50, 56), box(310, 0, 200, 60)]);
    expect(rest).toEqual([]);
    expect(Math.max(...joined.map(([x]) => x))).toBeCloseTo(510);
  });

  it('joins them on a page that lies on its side', () => {
    const lying = [box(0, 0, 300, 60), box(270, 0, 200, 60)].map((line) =>
      turnBox(
        mapBox(line, ([x, y]) => [-y, x]),
        3,
      ),
    );
    expect(joinFragments(lying)).toHaveLength(1);
  });

  it('takes a low box that lies mostly on the line into the line', () => {
    expect(joinFragments([box(0, 0, 300, 60), box(280, 18, 30, 28)])).toHaveLength(1);
  });

  it('leaves lines that stand below each other, even when they overlap', () => {
    expect(joinFragments([box(0, 0, 300, 60), box(0, 50, 300, 60)])).toHaveLength(2);
  });

  it('leaves words that do not touch and single characters in a column', () => {
    expect(joinFragments([box(0, 0, 300, 60), box(301, 0, 200, 60)])).toHaveLength(2);
    expect(joinFragments([box(0, 0, 50, 50), box(0, 45, 50, 50)])).toHaveLength(2);
  });

  it('leaves a heading beside small print', () => {
    expect(joinFragments([box(0, 0, 300, 60), box(290, 20, 100, 20)])).toHaveLength(2);
  });
});
