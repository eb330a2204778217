import { InferenceSession, Tensor } from 'onnxruntime-node';
import type { WorkerSetup, WorkerTask } from 'nestage/threads/worker';

/** Runs a model from an ONNX file: one session in each thread. */
export default class ScaleWorker implements WorkerTask<number[], number[]> {
  private session!: InferenceSession;

  async initialize({ data: { file } }: WorkerSetup<{ file: string }>): Promise<void> {
    this.session = await InferenceSession.create(file, { intraOpNumThreads: 1 });
  }

  async run(values: number[]): Promise<number[]> {
    const { y } = await this.session.run({ x: new Tensor('float32', Float32Array.from(values), [values.length]) });
    return [...(y.data as Float32Array)];
  }

  async dispose(): Promise<void> {
    await this.session.release();
  }
}
