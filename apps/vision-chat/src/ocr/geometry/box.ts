import type { Box, Point } from '../ocr.types.js';

/** Length of the side the text runs along, in pixels. */
export function boxLength([start, end]: Box): number {
  return distance(start, end);
}

/** Length of the side across the text, in pixels. */
export function boxHeight(box: Box): number {
  return distance(box[0], box[3]);
}

/** Direction the text runs in, in radians clockwise from the x axis (y points down). */
export function boxAngle([start, end]: Box): number {
  return Math.atan2(end[1] - start[1], end[0] - start[0]);
}

/** The same rectangle read from another corner: each quarter turns the reading direction by 90 degrees clockwise. */
export function turnBox(box: Box, quarters: number): Box {
  const first = ((quarters % 4) + 4) % 4;
  return [box[first], box[(first + 1) % 4], box[(first + 2) % 4], box[(first + 3) % 4]];
}

/** Applies a function to each corner. */
export function mapBox(box: Box, map: (point: Point) => Point): Box {
  return [map(box[0]), map(box[1]), map(box[2]), map(box[3])];
}

function distance(a: Point, b: Point): number {
  return Math.hypot(b[0] - a[0], b[1] - a[1]);
}
