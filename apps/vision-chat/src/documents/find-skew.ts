/** Grey pixels, row by row. */
export interface Sketch {
  readonly data: Uint8Array;
  readonly width: number;
  readonly height: number;
  /** Values a pixel, of which the first counts. @default 1 */
  readonly step?: number;
}

/** Slants beyond it are turns, which the reader sees to itself. */
const MAX_DEGREES = 12;
/** Below it turning a page blurs more than it helps. */
const MIN_DEGREES = 0.4;
const MAX_POINTS = 20_000;

/**
 * How far the lines of a page slant, in degrees clockwise; 0 when there is nothing to tell it by. The right angle is the one at which the
 * ink falls into the fewest rows: the sum of squares of the rows' ink is the greatest (projection profile, Postl 1986).
 */
export function findSkew(sketch: Sketch): number {
  const points = inkOf(sketch);
  if (points.length < 200) return 0;
  const level = sharpness(points, 0, sketch);
  const coarse = best(points, sketch, 0, MAX_DEGREES, 1);
  const { degrees, score } = best(points, sketch, best(points, sketch, coarse.degrees, 1, 0.25).degrees, 0.25, 0.05);
  return Math.abs(degrees) < MIN_DEGREES || score < level * 1.05 ? 0 : degrees;
}

/** Pixels of the rarer of dark and light, as x and y in turn; no more than are needed. */
function inkOf({ data, width, height, step = 1 }: Sketch): Float32Array {
  let dark = 0;
  for (let i = 0; i < width * height; i++) if (data[i * step] < 128) dark++;
  const isDarkPage = dark > (width * height) / 2;
  const count = isDarkPage ? width * height - dark : dark;
  const every = Math.max(1, Math.ceil(count / MAX_POINTS));
  const points: number[] = [];
  for (let i = 0, seen = 0; i < width * height; i++) {
    if (data[i * step] < 128 === isDarkPage) continue;
    if (seen++ % every === 0) points.push(i % width, Math.floor(i / width));
  }
  return Float32Array.from(points);
}

function best(points: Float32Array, sketch: Sketch, around: number, reach: number, step: number): { degrees: number; score: number } {
  let found = { degrees: around, score: -1 };
  for (let k = -Math.round(reach / step); k <= Math.round(reach / step); k++) {
    const degrees = around + k * step;
    const score = sharpness(points, degrees, sketch);
    if (score > found.score) found = { degrees, score };
  }
  return found;
}

function sharpness(points: Float32Array, degrees: number, { width, height }: Sketch): number {
  const [sin, cos] = [Math.sin((degrees * Math.PI) / 180), Math.cos((degrees * Math.PI) / 180)];
  const rows = new Float64Array(width + height + 2 * width);
  for (let i = 0; i < points.length; i += 2) rows[Math.round(points[i + 1] * cos - points[i] * sin) + width]++;
  return rows.reduce((sum, ink) => sum + ink * ink, 0);
}
