import sharp from 'sharp';
import type { WorkerContext, WorkerSetup, WorkerTask } from 'nestage/threads/worker';
import { OcrEngine, type OcrEngineOptions } from './ocr-engine.js';
import type { OcrPage } from './ocr.types.js';

/**
 * Reads pictures in a thread of its own: an inference blocks its thread for up to half a second. Only the signal cuts a reading short, before
 * its next inference: a thread that is ended within one takes the whole process with it, as onnxruntime's answer then finds no JavaScript to
 * go to.
 */
export default class OcrWorker implements WorkerTask<Uint8Array, OcrPage> {
  private engine: OcrEngine;

  /** Over when a warm-up picture has been read. */
  async initialize({ data }: WorkerSetup<OcrEngineOptions | undefined>): Promise<void> {
    // No two pictures are alike, and the pool already runs one worker a core.
    sharp.cache(false);
    sharp.concurrency(1);
    this.engine = await OcrEngine.load(data);
    await this.engine.warmUp();
  }

  /** @throws ImageError when the picture can't be decoded */
  run(bytes: Uint8Array, { signal }: WorkerContext): Promise<OcrPage> {
    return this.engine.recognise(bytes, () => signal.throwIfAborted());
  }

  dispose(): Promise<void> {
    return this.engine.release();
  }
}
