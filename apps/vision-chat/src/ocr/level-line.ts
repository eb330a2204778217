/** Bounds of a line once the page is laid level and upright, and the line itself. */
export interface LevelLine<T> {
  readonly line: T;
  readonly left: number;
  readonly right: number;
  readonly top: number;
  readonly bottom: number;
}

/** Pieces of one row of text, from left to right. */
export type Row<T> = readonly LevelLine<T>[];

/** Groups lines into rows, from top to bottom, each from left to right. Lines share a row when their middles are closer than half the height of the lower one. */
export function groupRows<T>(lines: readonly LevelLine<T>[]): readonly Row<T>[] {
  const rows: LevelLine<T>[][] = [];
  for (const line of [...lines].sort((a, b) => middle(a) - middle(b))) {
    const row = rows.find(([first]) => Math.abs(middle(first) - middle(line)) < Math.min(height(first), height(line)) / 2);
    if (row) row.push(line);
    else rows.push([line]);
  }
  return rows.map((row) => row.sort((a, b) => a.left - b.left));
}

function middle({ top, bottom }: LevelLine<unknown>): number {
  return (top + bottom) / 2;
}

/** From top to bottom. */
export function height({ top, bottom }: LevelLine<unknown>): number {
  return bottom - top;
}
