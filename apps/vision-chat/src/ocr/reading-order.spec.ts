import type { Box, Point } from './ocr.types.js';
import { readingOrder } from './reading-order.js';

interface Piece {
  readonly text: string;
  readonly box: Box;
}

function piece(text: string, x: number, y: number, width: number, height = 20): Piece {
  return {
    text,
    box: [
      [x, y],
      [x + width, y],
      [x + width, y + height],
      [x, y + height],
    ],
  };
}

function turned({ text, box }: Piece, degrees: number): Piece {
  const angle = (degrees * Math.PI) / 180;
  const turn = ([x, y]: Point): Point => [x * Math.cos(angle) - y * Math.sin(angle), x * Math.sin(angle) + y * Math.cos(angle)];
  return { text, box: [turn(box[0]), turn(box[1]), turn(box[2]), turn(box[3])] };
}

function read(pieces: readonly Piece[]): string[] {
  return readingOrder(pieces).map((row) => row.map(({ text }) => text).join(' '));
}

const form = [piece('d', 300, 52, 80), piece('b', 300, 3, 80), piece('c', 0, 50, 90), piece('a', 0, 0, 100)];

describe('readingOrder', () => {
  it('reads rows from top to bottom and each row from left to right', () => {
    expect(read(form)).toEqual(['a b', 'c d']);
  });

  it.each([5, -10, 90, 180, 270, 176])('reads a page turned by %d degrees the same way', (degrees) => {
    expect(read(form.map((line) => turned(line, degrees)))).toEqual(['a b', 'c d']);
  });

  it('reads two columns of prose one after the other, and what spans them before and after', () => {
    const columns = [0, 1, 2, 3, 4].flatMap((i) => [piece(`left${i}`, 0, 60 + i * 30, 280), piece(`right${i}`, 320, 64 + i * 30, 290 - i)]);
    const page = [...columns, piece('title', 100, 0, 400), piece('foot', 100, 240, 400)];
    expect(read(page)).toEqual(['title', ...[0, 1, 2, 3, 4].map((i) => `left${i}`), ...[0, 1, 2, 3, 4].map((i) => `right${i}`), 'foot']);
  });

  it('reads three columns, of which one is shorter', () => {
    const column = (name: string, x: number, count: number) =>
      Array.from({ length: count }, (_, i) => piece(`${name}${i}`, x, i * 30, 280));
    const page = [...column('a', 0, 5), ...column('b', 320, 5), ...column('c', 640, 4)];
    expect(read(page).join(' ')).toBe('a0 a1 a2 a3 a4 b0 b1 b2 b3 b4 c0 c1 c2 c3');
  });

  it('reads a table row by row', () => {
    const table = [0, 1, 2, 3, 4].flatMap((i) => [piece(`item${i}`, 0, i * 30, 260), piece(`price${i}`, 400, i * 30, 80)]);
    expect(read(table)).toEqual([0, 1, 2, 3, 4].map((i) => `item${i} price${i}`));
  });

  it('gives nothing for nothing', () => {
    expect(readingOrder([])).toEqual([]);
  });
});
