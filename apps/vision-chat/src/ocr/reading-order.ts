import { boxAngle, boxLength } from './geometry/box.js';
import { groupRows, type LevelLine } from './level-line.js';
import type { Box, Point } from './ocr.types.js';
import { splitColumns } from './split-columns.js';

/**
 * Puts lines into the order in which they are read: rows from top to bottom, pieces of a row from left to right, one column of prose after the other.
 *
 * Works in the page's own frame: whichever way the page is turned or skewed, the boxes begin where their text begins.
 *
 * @returns rows, each with its pieces in order
 */
export function readingOrder<T extends { readonly box: Box }>(lines: readonly T[]): readonly (readonly T[])[] {
  if (lines.length === 0) return [];
  const angle = pageAngle(lines.map(({ box }) => box));
  const rows = groupRows(lines.map((line) => level(line, -angle)));
  return splitColumns(rows)
    .flatMap((column) => groupRows(column))
    .map((row) => row.map(({ line }) => line));
}

/** Median direction of the lines, weighted by length, measured from the longest line so that angles near half a turn don't cancel out. */
function pageAngle(boxes: readonly Box[]): number {
  const longest = boxes.reduce((a, b) => (boxLength(b) > boxLength(a) ? b : a));
  const base = boxAngle(longest);
  const deviations = boxes
    .map((box) => ({ by: Math.atan2(Math.sin(boxAngle(box) - base), Math.cos(boxAngle(box) - base)), weight: boxLength(box) }))
    .sort((a, b) => a.by - b.by);
  let left = deviations.reduce((sum, { weight }) => sum + weight, 0) / 2;
  return base + (deviations.find(({ weight }) => (left -= weight) <= 0)?.by ?? 0);
}

function level<T extends { readonly box: Box }>(line: T, turn: number): LevelLine<T> {
  const [cos, sin] = [Math.cos(turn), Math.sin(turn)];
  const corners = line.box.map(([x, y]): Point => [x * cos - y * sin, x * sin + y * cos]);
  const xs = corners.map(([x]) => x);
  const ys = corners.map(([, y]) => y);
  return { line, left: Math.min(...xs), right: Math.max(...xs), top: Math.min(...ys), bottom: Math.max(...ys) };
}
