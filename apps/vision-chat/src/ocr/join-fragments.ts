import { boxAngle, boxHeight, boxLength, turnBox } from './geometry/box.js';
import { convexHull } from './geometry/convex-hull.js';
import { minAreaRectangle, rectangleCorners } from './geometry/rectangle.js';
import type { Box, Point } from './ocr.types.js';

/** A box this many times longer than wide shows which way its line runs. */
const clearRatio = 1.5;
/** How far apart the middles of two fragments of one line may be, across the line, in heights of the lower one. */
const maxShift = 0.3;
/** How much higher one fragment may be than the other. */
const maxHeightRatio = 1.6;
/** A box of any height of which this share of the length lies on the line belongs to it. */
const coveredShare = 0.5;
const maxAngleRadians = (6 * Math.PI) / 180;

/**
 * Joins boxes that lie one after the other on the same line and overlap. Between the words of large writing the detector sees a gap, and growing both
 * boxes makes each cover the other's last letter, which would then be read twice.
 */
export function joinFragments(boxes: readonly Box[]): readonly Box[] {
  const joined: Box[] = [];
  // Longest first: they show the direction of the line best.
  for (let box of [...boxes].sort((a, b) => longSide(b) - longSide(a))) {
    for (let i = 0; i < joined.length;) {
      if (areFragments(joined[i], box)) {
        box = around(joined[i], box);
        joined.splice(i, 1);
        // The larger box may reach boxes that were passed already.
        i = 0;
      } else {
        i++;
      }
    }
    joined.push(box);
  }
  return joined;
}

function areFragments(first: Box, second: Box): boolean {
  const [line, other] = longSide(first) >= longSide(second) ? [alongLine(first), second] : [alongLine(second), first];
  const [length, height] = [boxLength(line), boxHeight(line)];
  const [from, to] = [middleOf(line), middleOf(other)];
  const reach = (length + longSide(other)) / 2;
  if (length < height * clearRatio || Math.hypot(to[0] - from[0], to[1] - from[1]) > reach) return false;

  const angle = boxAngle(line);
  const turned = [0, 1, 2, 3].map((quarters) => turnBox(other, quarters)).find((box) => isParallel(boxAngle(box), angle));
  if (!turned) return false;
  const otherHeight = boxHeight(turned);
  const [dx, dy] = [to[0] - from[0], to[1] - from[1]];
  const along = Math.abs(dx * Math.cos(angle) + dy * Math.sin(angle));
  const across = Math.abs(dy * Math.cos(angle) - dx * Math.sin(angle));
  const [low, high] = [Math.min(height, otherHeight), Math.max(height, otherHeight)];
  const overlap = (length + boxLength(turned)) / 2 - along;
  const isAlike = high < low * maxHeightRatio || overlap > boxLength(turned) * coveredShare;
  return overlap > 0 && across < low * maxShift && isAlike;
}

function isParallel(angle: number, to: number): boolean {
  return Math.cos(angle - to) > Math.cos(maxAngleRadians);
}

function around(a: Box, b: Box): Box {
  return rectangleCorners(minAreaRectangle(convexHull([...a, ...b])));
}

function alongLine(box: Box): Box {
  return boxLength(box) >= boxHeight(box) ? box : turnBox(box, 1);
}

function longSide(box: Box): number {
  return Math.max(boxLength(box), boxHeight(box));
}

function middleOf(box: Box): Point {
  return [(box[0][0] + box[2][0]) / 2, (box[0][1] + box[2][1]) / 2];
}
