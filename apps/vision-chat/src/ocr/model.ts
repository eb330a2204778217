import type { InferenceSession } from 'onnxruntime-node';

/** One loaded model: what the steps need of onnxruntime's session. */
export interface Model {
  readonly inputNames: readonly string[];
  readonly outputNames: readonly string[];
  run(inputs: InferenceSession.FeedsType): Promise<InferenceSession.ReturnType>;
}

/** The same model, with `checkpoint` called before each inference: what it throws keeps the inference from beginning. */
export function withCheckpoint(model: Model, checkpoint: () => void): Model {
  return {
    inputNames: model.inputNames,
    outputNames: model.outputNames,
    async run(inputs) {
      checkpoint();
      return model.run(inputs);
    },
  };
}
