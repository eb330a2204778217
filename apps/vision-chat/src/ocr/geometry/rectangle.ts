import type { Box, Point } from '../ocr.types.js';

/** A rectangle in any position. `width` runs along `axis`, which is the unit vector closest to the x axis; `height` runs across it. */
export interface Rectangle {
  readonly centre: Point;
  readonly axis: Point;
  readonly width: number;
  readonly height: number;
}

/**
 * The rectangle of least area around a convex polygon. One of its sides lies on a side of the polygon (Freeman and Shapira, 1975), so each is tried.
 *
 * @param hull corners of a convex polygon, at least three, not on one line
 */
export function minAreaRectangle(hull: readonly Point[]): Rectangle {
  let best: Rectangle | undefined;
  let bestArea = Infinity;
  for (let i = 0; i < hull.length; i++) {
    const candidate = boundsAlong(hull, direction(hull[i], hull[(i + 1) % hull.length]));
    const area = candidate.width * candidate.height;
    // Rounding must not decide between equal rectangles.
    if (area < bestArea - 1e-6) {
      best = candidate;
      bestArea = area;
    }
  }
  if (!best) throw new RangeError('a rectangle needs a polygon of at least three corners');
  return best;
}

/**
 * Grows a rectangle on each side by area x ratio / perimeter: the detector is trained on shrunken lines, and this undoes the shrinking
 * ("unclip" of DBNet, Liao et al. 2020, section 3.5, where offsetting a rectangle needs no polygon clipper).
 */
export function growRectangle(rectangle: Rectangle, ratio: number): Rectangle {
  const { width, height } = rectangle;
  const distance = (width * height * ratio) / (2 * (width + height));
  return { ...rectangle, width: width + 2 * distance, height: height + 2 * distance };
}

/** The corners, from the one where both axes begin, along `axis` first. */
export function rectangleCorners({ centre: [cx, cy], axis: [ux, uy], width, height }: Rectangle): Box {
  const corner = (along: number, across: number): Point => [cx + along * ux - across * uy, cy + along * uy + across * ux];
  return [corner(-width / 2, -height / 2), corner(width / 2, -height / 2), corner(width / 2, height / 2), corner(-width / 2, height / 2)];
}

function direction(from: Point, to: Point): Point {
  const length = Math.hypot(to[0] - from[0], to[1] - from[1]);
  return nearestToX([(to[0] - from[0]) / length, (to[1] - from[1]) / length]);
}

/** Of the four directions of a rectangle's sides, the one within 45 degrees of the x axis: which side is "width" must not depend on the order of corners. */
function nearestToX([x, y]: Point): Point {
  const [ax, ay] = Math.abs(y) > Math.abs(x) ? [y, -x] : [x, y];
  return ax < 0 ? [-ax, -ay] : [ax, ay];
}

function boundsAlong(points: readonly Point[], axis: Point): Rectangle {
  let [minU, maxU, minV, maxV] = [Infinity, -Infinity, Infinity, -Infinity];
  for (const [x, y] of points) {
    const u = x * axis[0] + y * axis[1];
    const v = y * axis[0] - x * axis[1];
    minU = Math.min(minU, u);
    maxU = Math.max(maxU, u);
    minV = Math.min(minV, v);
    maxV = Math.max(maxV, v);
  }
  const [cu, cv] = [(minU + maxU) / 2, (minV + maxV) / 2];
  return { centre: [cu * axis[0] - cv * axis[1], cu * axis[1] + cv * axis[0]], axis, width: maxU - minU, height: maxV - minV };
}
