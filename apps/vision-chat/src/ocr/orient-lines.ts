import { cropLine, type Crop } from './crop-line.js';
import type { ReadText } from './ctc-decode.js';
import { boxHeight, boxLength, turnBox } from './geometry/box.js';
import type { Box, RgbImage, Rotation } from './ocr.types.js';

/** A box this many times longer than wide tells which way its text runs; a single character does not. */
const clearRatio = 1.5;
/** Mean hint above which a page is suspected to stand on its head. */
const suspicion = 0.1;
/** A line that runs across the others is turned over only when the classifier is this sure. */
const certainty = 0.9;
const witnessCount = 4;
/** Enough of a line to judge it by. */
const witnessWidthPx = 960;

/** The two models that are asked, already bound to their sessions. */
export interface OrientationJudges {
  /** Probability that each line stands on its head. */
  classify(boxes: readonly Box[]): Promise<readonly number[]>;
  read(crops: readonly Crop[]): Promise<readonly ReadText[]>;
}

/** Boxes that begin where the reader begins. */
export interface OrientedLines {
  readonly boxes: readonly Box[];
  /** How far the page is turned clockwise. */
  readonly rotation: Rotation;
}

/**
 * Finds out which way the lines of a page run and turns each box so that it starts where its text starts.
 *
 * The shape of the boxes tells upright or lying pages; the classifier, and when it has doubts the recogniser, tell the head from the foot.
 */
export async function orientLines(image: RgbImage, boxes: readonly Box[], judges: OrientationJudges): Promise<OrientedLines> {
  if (boxes.length === 0) return { boxes, rotation: 0 };
  const pageQuarters = isLying(boxes) ? 1 : 0;
  const quarters = boxes.map((box) => quartersOf(box, pageQuarters));
  const turned = boxes.map((box, i) => turnBox(box, quarters[i]));
  const hints = await judges.classify(turned);

  const isMain = (i: number): boolean => quarters[i] === pageQuarters;
  const main = turned.filter((_, i) => isMain(i));
  const suspected = weightedMean(
    hints.filter((_, i) => isMain(i)),
    main.map(boxLength),
  );
  const isOver = suspected > suspicion && (await readsBetterTurned(image, main, judges));
  const upright = turned.map((box, i) => ((isMain(i) ? isOver : hints[i] > certainty) ? turnBox(box, 2) : box));
  return { boxes: upright, rotation: ((pageQuarters + (isOver ? 2 : 0)) * 90) as Rotation };
}

/** Whether most of the text, by length, stands in tall boxes. Tall boxes need a clear majority: a column of digits may be tall too. */
function isLying(boxes: readonly Box[]): boolean {
  let tall = 0;
  let wide = 0;
  for (const box of boxes) {
    const [length, height] = [boxLength(box), boxHeight(box)];
    if (height >= length * clearRatio) tall += height;
    else if (length >= height * clearRatio) wide += length;
  }
  return tall > wide * 2;
}

/** Boxes without a clear direction go with the page. */
function quartersOf(box: Box, pageQuarters: 0 | 1): 0 | 1 {
  const [length, height] = [boxLength(box), boxHeight(box)];
  if (height >= length * clearRatio) return 1;
  return length >= height * clearRatio ? 0 : pageQuarters;
}

/** Reads the longest lines both ways. */
async function readsBetterTurned(image: RgbImage, boxes: readonly Box[], judges: OrientationJudges): Promise<boolean> {
  const witnesses = [...boxes].sort((a, b) => boxLength(b) - boxLength(a)).slice(0, witnessCount);
  const crop = (box: Box): Crop => cropLine(image, box, { maxPx: witnessWidthPx });
  const asIs = await judges.read(witnesses.map(crop));
  const turned = await judges.read(witnesses.map((box) => crop(turnBox(box, 2))));
  return legibility(turned) > legibility(asIs);
}

/** Confidence summed over the characters: text on its head gives fewer and less certain ones. */
function legibility(read: readonly ReadText[]): number {
  return read.reduce((sum, { text, confidence }) => sum + confidence * [...text].length, 0);
}

function weightedMean(values: readonly number[], weights: readonly number[]): number {
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  return total === 0 ? 0 : values.reduce((sum, value, i) => sum + value * weights[i], 0) / total;
}
