import type { Point } from '../ocr.types.js';

/**
 * The smallest convex polygon around the points, without repeated or collinear corners. One or two points are returned as they are.
 *
 * Andrew's monotone chain: sort, then build the two halves.
 */
export function convexHull(points: readonly Point[]): readonly Point[] {
  const sorted = [...points].sort((a, b) => a[0] - b[0] || a[1] - b[1]);
  const distinct = sorted.filter((point, i) => i === 0 || point[0] !== sorted[i - 1][0] || point[1] !== sorted[i - 1][1]);
  if (distinct.length < 3) return distinct;
  return [...halfHull(distinct), ...halfHull([...distinct].reverse())];
}

/** One chain from the first to the last point; the last is left to the other chain. */
function halfHull(sorted: readonly Point[]): Point[] {
  const chain: Point[] = [];
  for (const point of sorted) {
    while (chain.length > 1 && cross(chain[chain.length - 2], chain[chain.length - 1], point) <= 0) chain.pop();
    chain.push(point);
  }
  chain.pop();
  return chain;
}

/** Twice the signed area of the triangle: positive when the way from a over b to c turns from the x axis towards the y axis. */
function cross(a: Point, b: Point, c: Point): number {
  return (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0]);
}
