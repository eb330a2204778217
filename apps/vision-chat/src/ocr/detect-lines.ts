import { boxHeight, boxLength, mapBox } from './geometry/box.js';
import { connectedComponents, type Component, type Grid } from './geometry/connected-components.js';
import { convexHull } from './geometry/convex-hull.js';
import { growRectangle, minAreaRectangle, rectangleCorners } from './geometry/rectangle.js';
import { joinFragments } from './join-fragments.js';
import type { Model } from './model.js';
import type { Box, Point, RgbImage } from './ocr.types.js';
import { computeTextMap } from './text-map.js';

/** Longest side of the page as the detector first sees it. */
const overviewSidePx = 1536;
/** Cells of the map when a page has to be seen in detail: bounds the time, about 0.4 s a million cells on one core. */
const detailCells = 8_000_000;
/** The same for a page on which nothing was seen at all: it is probably empty. */
const blindCells = 2_000_000;
const maxEnlargement = 3;
/** Lines lower than this on the map are hard to see and to tell apart, above all when they run from top to bottom. */
const smallLinePx = 16;
/** What they are enlarged to. */
const clearLinePx = 24;
const textThreshold = 0.3;
const minLineScore = 0.5;
/** Smaller spots are dust. */
const minCells = 10;
const minLineSidePx = 3;
const unclipRatio = 1.8;
/** No page has more lines; noise has. */
const maxLines = 2000;

/**
 * Finds the lines of text in an image. Each box reads along the side closest to the x axis: which way the text really runs is
 * {@link orientLines}'s question.
 *
 * A page is first seen whole, a long strip in its own size. When its lines turn out small, or none are found, it is seen again enlarged.
 */
export async function detectLines(model: Model, image: RgbImage): Promise<readonly Box[]> {
  const cells = image.width * image.height;
  const [long, short] = [Math.max(image.width, image.height), Math.min(image.width, image.height)];
  const largest = Math.sqrt(detailCells / cells);
  const overview = Math.min(1, long > 4 * short ? largest : overviewSidePx / long);
  const lines = await findLines(model, image, overview);

  const lineHeight = medianHeight(lines) * overview;
  if (lineHeight >= smallLinePx) return lines;
  const enlargement = lines.length === 0 ? Math.sqrt(blindCells / cells) : Math.min(largest, (overview * clearLinePx) / lineHeight);
  const detail = Math.min(maxEnlargement, enlargement);
  // Less than this shows nothing new.
  return detail < overview * 1.2 ? lines : findLines(model, image, detail);
}

async function findLines(model: Model, image: RgbImage, scale: number): Promise<readonly Box[]> {
  const map = await computeTextMap(model, image, scale);
  const toImage = ([x, y]: Point): Point => [(x * image.width) / map.width, (y * image.height) / map.height];
  return boxesOf(map).map((box) => mapBox(box, toImage));
}

/** Turns a map of probabilities into the boxes around the lines, in the map's own pixels. */
export function boxesOf(map: Grid): readonly Box[] {
  const boxes: Box[] = [];
  for (const component of connectedComponents(map, textThreshold)) {
    if (component.cellCount < minCells || component.mean < minLineScore) continue;
    const rectangle = minAreaRectangle(convexHull(cornersOf(component)));
    if (Math.min(rectangle.width, rectangle.height) < minLineSidePx) continue;
    boxes.push(rectangleCorners(growRectangle(rectangle, unclipRatio)));
    if (boxes.length === maxLines) break;
  }
  return joinFragments(boxes);
}

/** Outer corners of the cells, not their middles: a cell is a square. */
function cornersOf({ rows }: Component): readonly Point[] {
  const points: Point[] = [];
  for (const [y, [minX, maxX]] of rows) points.push([minX, y], [minX, y + 1], [maxX + 1, y], [maxX + 1, y + 1]);
  return points;
}

function medianHeight(boxes: readonly Box[]): number {
  const heights = boxes.map((box) => Math.min(boxHeight(box), boxLength(box))).sort((a, b) => a - b);
  return heights[Math.floor(heights.length / 2)] ?? 0;
}
