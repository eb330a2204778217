import { height, type LevelLine, type Row } from './level-line.js';

/** A stretch of the x axis that no line of a block covers. */
interface Gap {
  readonly left: number;
  readonly right: number;
}

/** Fewer rows side by side are a heading or a pair of fields, not columns. */
const minRows = 4;
/** Width of the gap between columns, in heights of a line: boxes reach a little over their text, so this is wider than it looks. */
const minGapHeights = 0.8;
/** Prose fills its column; the cells of a table, which are read row by row, do not. */
const minProseHeights = 6;
const minProseFill = 0.75;

/**
 * Splits a page where two or more columns of prose stand side by side: a gap that stays free over at least four rows, with lines on both sides that fill
 * their side. What spans the gap, such as a heading, comes before or after. Tables and forms stay whole.
 *
 * @param rows from top to bottom
 * @returns the parts in reading order; one part when there are no columns
 */
export function splitColumns<T>(rows: readonly Row<T>[]): readonly (readonly LevelLine<T>[])[] {
  const lineHeight = median(rows.flat().map(height));
  const parts: (readonly LevelLine<T>[])[] = [];
  let pending: LevelLine<T>[] = [];
  for (let from = 0; from < rows.length;) {
    const block = columnsAt(rows, from, lineHeight);
    if (!block) {
      pending.push(...rows[from++]);
      continue;
    }
    if (pending.length > 0) parts.push(pending);
    pending = [];
    const lines = rows.slice(from, block.end).flat();
    const isLeft = (line: LevelLine<T>): boolean => line.right <= block.gap.left;
    parts.push(lines.filter(isLeft));
    // More than two columns: the right side may split again.
    parts.push(...splitColumns(rows.slice(from, block.end).map((row) => row.filter((line) => !isLeft(line)))));
    from = block.end;
  }
  if (pending.length > 0) parts.push(pending);
  return parts;
}

/** The longest block from this row on that has one gap all the way down, if prose stands on both sides of it. */
function columnsAt<T>(rows: readonly Row<T>[], from: number, lineHeight: number): { readonly end: number; readonly gap: Gap } | undefined {
  let gaps: readonly Gap[] = [{ left: -Infinity, right: Infinity }];
  let end = from;
  let inner: readonly Gap[] = [];
  for (let row = from; row < rows.length; row++) {
    gaps = rows[row].reduce(without, gaps).filter(({ left, right }) => right - left >= minGapHeights * lineHeight);
    const stillInner = gaps.filter(({ left, right }) => left !== -Infinity && right !== Infinity);
    if (stillInner.length === 0 && inner.length > 0) break;
    inner = stillInner;
    end = row + 1;
  }
  const block = rows.slice(from, end);
  const gap = inner.find((candidate) => isBetweenProse(block, candidate, lineHeight));
  return gap && { end, gap };
}

function isBetweenProse<T>(block: readonly Row<T>[], gap: Gap, lineHeight: number): boolean {
  const left = block.map((row) => row.filter((line) => line.right <= gap.left));
  const right = block.map((row) => row.filter((line) => line.left >= gap.right));
  return [left, right].every((side) => isProse(side, lineHeight));
}

function isProse<T>(side: readonly Row<T>[], lineHeight: number): boolean {
  const widths = side.filter((row) => row.length > 0).map(widthOf);
  if (widths.length < minRows) return false;
  const typical = median(widths);
  return typical >= minProseHeights * lineHeight && typical >= minProseFill * Math.max(...widths);
}

/** From the first to the last piece of a row: a wide space between words does not make it shorter. */
function widthOf<T>(row: Row<T>): number {
  return Math.max(...row.map(({ right }) => right)) - Math.min(...row.map(({ left }) => left));
}

/** What is left of the gaps when a line covers part of them. */
function without(gaps: readonly Gap[], line: LevelLine<unknown>): readonly Gap[] {
  return gaps.flatMap((gap) => [
    ...(line.left > gap.left ? [{ left: gap.left, right: Math.min(gap.right, line.left) }] : []),
    ...(line.right < gap.right ? [{ left: Math.max(gap.left, line.right), right: gap.right }] : []),
  ]);
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)];
}
