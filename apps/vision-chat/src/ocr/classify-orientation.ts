import { Tensor } from 'onnxruntime-node';
import { cropHeightPx, cropLine } from './crop-line.js';
import type { Model } from './model.js';
import type { Box, RgbImage } from './ocr.types.js';

/** Width the classifier was trained with; a line is squeezed or stretched to it. */
const cropWidthPx = 192;
/** Class 0 is upright, class 1 is upside down. */
const upsideDown = 1;

/**
 * The probability, 0 to 1, that each line stands on its head. Only a hint: now and then the classifier is sure of the wrong answer for a whole page of
 * thin text.
 */
export async function classifyOrientation(model: Model, image: RgbImage, boxes: readonly Box[]): Promise<readonly number[]> {
  const probabilities: number[] = [];
  for (const box of boxes) {
    const { data } = cropLine(image, box, { minPx: cropWidthPx, maxPx: cropWidthPx });
    const input = new Tensor('float32', data, [1, 3, cropHeightPx, cropWidthPx]);
    const output = (await model.run({ [model.inputNames[0]]: input }))[model.outputNames[0]];
    probabilities.push((output.data as Float32Array)[upsideDown]);
  }
  return probabilities;
}
