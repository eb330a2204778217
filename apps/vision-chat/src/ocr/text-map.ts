import { Tensor } from 'onnxruntime-node';
import sharp from 'sharp';
import type { Grid } from './geometry/connected-components.js';
import type { Model } from './model.js';
import type { RgbImage } from './ocr.types.js';

/** The detector halves its input five times, so sides are multiples of 32. */
const stridePx = 32;
/** Longest side given to the detector at once: beyond it memory grows and accuracy falls. A multiple of the stride. */
const maxTileSidePx = 1536;
/** What a tile sees beyond the part that is kept of it, so that no line is judged by half of its height. A multiple of the stride. */
const tileMarginPx = 96;

// Of ImageNet, in the order red, green, blue.
const mean = [0.485, 0.456, 0.406] as const;
const deviation = [0.229, 0.224, 0.225] as const;

/** A stretch of one axis: what a tile sees and which part of it is kept. */
interface Span {
  readonly start: number;
  readonly end: number;
  readonly keepStart: number;
  readonly keepEnd: number;
}

/**
 * Asks the detector for the probability that a pixel belongs to (the shrunken middle of) a line of text.
 *
 * Images that are larger than the detector can take at once are cut into overlapping tiles whose answers are joined into one map, so that a line that
 * crosses a seam is still one line.
 *
 * @param scale size of the map relative to the image; each side is then rounded to a multiple of 32
 */
export async function computeTextMap(model: Model, image: RgbImage, scale: number): Promise<Grid> {
  const width = roundToStride(image.width * scale);
  const height = roundToStride(image.height * scale);
  const pixels = await sharp(image.data, { raw: { width: image.width, height: image.height, channels: 3 }, limitInputPixels: false })
    .resize(width, height, { fit: 'fill', kernel: scale < 1 ? 'lanczos3' : 'cubic' })
    .raw()
    .toBuffer();
  const map: Grid = { data: new Float32Array(width * height), width, height };
  for (const rows of splitAxis(height)) {
    for (const columns of splitAxis(width)) {
      const output = await model.run({ [model.inputNames[0]]: toTensor(pixels, width, columns, rows) });
      copyKept(map, output[model.outputNames[0]].data as Float32Array, columns, rows);
    }
  }
  return map;
}

function roundToStride(length: number): number {
  return Math.max(stridePx, Math.round(length / stridePx) * stridePx);
}

function splitAxis(length: number): readonly Span[] {
  if (length <= maxTileSidePx) return [{ start: 0, end: length, keepStart: 0, keepEnd: length }];
  const spans: Span[] = [];
  for (let start = 0, end = 0; end < length; start += maxTileSidePx - 2 * tileMarginPx) {
    end = Math.min(length, start + maxTileSidePx);
    spans.push({
      start,
      end,
      keepStart: start === 0 ? 0 : start + tileMarginPx,
      keepEnd: end === length ? length : end - tileMarginPx,
    });
  }
  return spans;
}

/** Planes in the order blue, green, red, as the detector was trained, but normalised in the order red, green, blue, as it was trained too. */
function toTensor(pixels: Uint8Array, imageWidth: number, columns: Span, rows: Span): Tensor {
  const width = columns.end - columns.start;
  const height = rows.end - rows.start;
  const plane = width * height;
  const input = new Float32Array(3 * plane);
  for (let channel = 0; channel < 3; channel++) {
    const normalised = Float32Array.from({ length: 256 }, (_, value) => (value / 255 - mean[channel]) / deviation[channel]);
    for (let y = 0, to = channel * plane; y < height; y++) {
      let from = ((rows.start + y) * imageWidth + columns.start) * 3 + (2 - channel);
      for (let x = 0; x < width; x++, from += 3) input[to++] = normalised[pixels[from]];
    }
  }
  return new Tensor('float32', input, [1, 3, height, width]);
}

function copyKept(map: Grid, tile: Float32Array, columns: Span, rows: Span): void {
  const tileWidth = columns.end - columns.start;
  for (let y = rows.keepStart; y < rows.keepEnd; y++) {
    const from = (y - rows.start) * tileWidth - columns.start;
    map.data.set(tile.subarray(from + columns.keepStart, from + columns.keepEnd), y * map.width + columns.keepStart);
  }
}
