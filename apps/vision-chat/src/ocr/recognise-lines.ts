import { Tensor } from 'onnxruntime-node';
import { cropHeightPx, type Crop } from './crop-line.js';
import { decodeCtc, type ReadText } from './ctc-decode.js';
import type { Model } from './model.js';

/**
 * Reads each crop, in order. One run a crop: on a CPU a batch gains nothing, and padding to equal width costs.
 *
 * @param alphabet the characters by class, see {@link decodeCtc}
 */
export async function recogniseLines(model: Model, alphabet: readonly string[], crops: readonly Crop[]): Promise<readonly ReadText[]> {
  const read: ReadText[] = [];
  for (const { data, width } of crops) {
    const input = new Tensor('float32', data, [1, 3, cropHeightPx, width]);
    const output = (await model.run({ [model.inputNames[0]]: input }))[model.outputNames[0]];
    const classCount = output.dims[2];
    if (classCount !== alphabet.length) throw new Error(`the recogniser knows ${classCount} classes, the alphabet ${alphabet.length}`);
    read.push(decodeCtc(output.data as Float32Array, alphabet));
  }
  return read;
}
