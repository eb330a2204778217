/** A grid of values, row by row: `data[y * width + x]`. */
export interface Grid {
  readonly data: Float32Array;
  readonly width: number;
  readonly height: number;
}

/** A set of cells that touch each other, sides or corners. */
export interface Component {
  readonly cellCount: number;
  /** Mean of the cells' values. */
  readonly mean: number;
  /** Leftmost and rightmost cell of each row the component has a cell in: all a convex hull needs. */
  readonly rows: ReadonlyMap<number, readonly [minX: number, maxX: number]>;
}

/**
 * Finds the connected groups of cells with a value above the threshold (8 neighbours), in order of their topmost, leftmost cell.
 *
 * Lazy, so that a caller who has enough can stop. Works on an explicit stack: a component may be as large as the grid.
 */
export function* connectedComponents(grid: Grid, threshold: number): Generator<Component> {
  const { data, width, height } = grid;
  const seen = new Uint8Array(data.length);
  const stack = new Int32Array(data.length);

  for (let seed = 0; seed < data.length; seed++) {
    if (seen[seed] === 1 || !(data[seed] > threshold)) continue;
    const rows = new Map<number, [number, number]>();
    let cellCount = 0;
    let sum = 0;
    let depth = 0;
    stack[depth++] = seed;
    seen[seed] = 1;
    while (depth > 0) {
      const cell = stack[--depth];
      const y = Math.floor(cell / width);
      const x = cell - y * width;
      cellCount++;
      sum += data[cell];
      extendRow(rows, x, y);
      for (let ny = Math.max(0, y - 1); ny <= Math.min(height - 1, y + 1); ny++) {
        for (let nx = Math.max(0, x - 1); nx <= Math.min(width - 1, x + 1); nx++) {
          const neighbour = ny * width + nx;
          if (seen[neighbour] === 1 || !(data[neighbour] > threshold)) continue;
          seen[neighbour] = 1;
          stack[depth++] = neighbour;
        }
      }
    }
    yield { cellCount, mean: sum / cellCount, rows };
  }
}

function extendRow(rows: Map<number, [number, number]>, x: number, y: number): void {
  const row = rows.get(y);
  if (!row) rows.set(y, [x, x]);
  else if (x < row[0]) row[0] = x;
  else if (x > row[1]) row[1] = x;
}
