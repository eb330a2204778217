import { ArrayNotEmpty, IsNumber } from 'class-validator';
import { StageHandler } from 'nestage';
import type ScaleWorker from './scale.worker.js';

class Values {
  @ArrayNotEmpty()
  @IsNumber({}, { each: true })
  values!: number[];
}

@StageHandler('/v1/scale', {
  request: Values,
  // Native code must never be ended in the middle: the thread is left to finish.
  worker: {
    url: new URL('./scale.worker.js', import.meta.url),
    killAfterMs: false,
    data: { file: process.env['MODEL_FILE'] ?? 'model.onnx' },
  },
})
export class OnnxHandler {
  declare readonly run: ScaleWorker['run'];

  preProcess({ values }: Values): number[] {
    return values;
  }

  postProcess(values: number[]) {
    return { values };
  }
}
