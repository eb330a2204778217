import { boxHeight, boxLength } from './geometry/box.js';
import type { Box, RgbImage } from './ocr.types.js';

/** Height of a line as the recogniser and the orientation classifier want it. */
export const cropHeightPx = 48;
/** Samples a side that are averaged into one pixel when a large line is made small; more only costs time. */
const maxSamples = 4;

/** A line of text cut out and laid level: three planes, blue, green, red, each 48 rows, values from -1 to 1. */
export interface Crop {
  readonly data: Float32Array;
  readonly width: number;
}

/** How wide a crop may be. */
export interface CropWidth {
  /** @default 8 */
  readonly minPx?: number;
  /** Longer lines are squeezed. @default 3200 */
  readonly maxPx?: number;
}

/**
 * Cuts a line out of the full-size image, in one step from the turned box to a level strip of 48 rows: bilinear, and averaging several samples when the
 * line is larger than the strip. Beyond the image its edge is repeated.
 */
export function cropLine(image: RgbImage, box: Box, { minPx = 8, maxPx = 3200 }: CropWidth = {}): Crop {
  const lineHeight = Math.max(1, boxHeight(box));
  const height = cropHeightPx;
  const width = Math.max(minPx, Math.min(maxPx, Math.round((boxLength(box) * height) / lineHeight)));
  const samples = Math.max(1, Math.min(maxSamples, Math.round(lineHeight / height)));
  const [[originX, originY], end, , below] = box;
  const along = [end[0] - originX, end[1] - originY];
  const across = [below[0] - originX, below[1] - originY];

  const plane = width * height;
  const data = new Float32Array(3 * plane);
  const sum: RgbSum = [0, 0, 0];
  // The sum of samples of 0 to 255 becomes -1 to 1.
  const scale = samples * samples * 127.5;
  for (let y = 0, at = 0; y < height; y++) {
    for (let x = 0; x < width; x++, at++) {
      sum.fill(0);
      for (let sy = 0; sy < samples; sy++) {
        const v = (y + (sy + 0.5) / samples) / height;
        for (let sx = 0; sx < samples; sx++) {
          const u = (x + (sx + 0.5) / samples) / width;
          // A pixel's middle is at half: the sample at 0.5 is the first pixel itself.
          addSample(image, originX + u * along[0] + v * across[0] - 0.5, originY + u * along[1] + v * across[1] - 0.5, sum);
        }
      }
      data[at] = sum[2] / scale - 1;
      data[plane + at] = sum[1] / scale - 1;
      data[2 * plane + at] = sum[0] / scale - 1;
    }
  }
  return { data, width };
}

type RgbSum = [red: number, green: number, blue: number];

/** Bilinear sample, added to the sum: no allocation, this runs for each pixel. */
function addSample({ data, width, height }: RgbImage, px: number, py: number, sum: RgbSum): void {
  const x = Math.max(0, Math.min(width - 1, px));
  const y = Math.max(0, Math.min(height - 1, py));
  const x0 = Math.floor(x);
  const y0 = Math.floor(y);
  const dx = x - x0;
  const dy = y - y0;
  const right = x0 + 1 < width ? 3 : 0;
  const down = y0 + 1 < height ? width * 3 : 0;
  const at = (y0 * width + x0) * 3;
  for (let c = 0; c < 3; c++) {
    const top = data[at + c] * (1 - dx) + data[at + right + c] * dx;
    const bottom = data[at + down + c] * (1 - dx) + data[at + down + right + c] * dx;
    sum[c] += top * (1 - dy) + bottom * dy;
  }
}
