import { type ErrorCode, isWebServiceError, ModelError, StageModel, ValidationError } from 'nestage';
import { type WorkerPool, WorkerPools } from 'nestage/threads';
import './ocr/image-loaders.js';
import { isImageError, type ImageErrorCode } from './ocr/image-error.js';
import type OcrWorker from './ocr/ocr.worker.js';
import type { OcrPage } from './ocr/ocr.types.js';

/** Id of the embedded model, as clients name it. */
export const OCR_MODEL_ID = 'pp-ocrv4';

/** Room for the pictures of all requests at work: whoever was let in is not refused a thread halfway. The admission of the routes bounds them. */
const MAX_WAITING = 100_000;

/** What is wrong with a picture, in the service's words. */
const CODES: Readonly<Record<ImageErrorCode, ErrorCode>> = {
  empty_file: 'empty_file',
  too_many_pixels: 'file_too_large',
  unsupported_format: 'unsupported_file',
  corrupt_image: 'corrupt_file',
};

/**
 * The embedded model that reads text in pictures, in its own threads. Ready when each thread has read a warm-up picture. A thread has its own
 * copy of the models: about 0.4 GB, 1.1 GB after a picture of many megapixels.
 */
@StageModel()
export class OcrModel {
  private readonly pool: WorkerPool<OcrWorker>;

  constructor(pools: WorkerPools, threads: number) {
    this.pool = pools.create<OcrWorker>({
      url: new URL('./ocr/ocr.worker.js', import.meta.url),
      threads,
      maxQueue: MAX_WAITING,
      resourceLimits: { maxOldGenerationSizeMb: 512 }, // pixels and models are not part of it
      killAfterMs: false, // onnxruntime can't bear it
    });
  }

  initialize(): Promise<void> {
    return this.pool.start();
  }

  /**
   * Reads one picture.
   * @param image the file; may be used and changed as soon as this was called
   * @param field where the picture stood in the request, for the error
   * @throws ValidationError when the picture can't be read; ModelError when the model failed
   */
  async read(image: Uint8Array, field: string, signal: AbortSignal): Promise<OcrPage> {
    // Copied and then moved, as the caller's own buffer may be a view of one that is shared with others (Buffer's pool).
    const bytes = new Uint8Array(image);
    try {
      return await this.pool.run(bytes, { signal, transfer: [bytes.buffer] });
    } catch (error) {
      signal.throwIfAborted();
      if (isImageError(error) || isWebServiceError(error)) throw toServiceError(error, field);
      throw new ModelError('The embedded model failed to read a picture', { cause: error });
    }
  }

  dispose(): Promise<void> {
    return this.pool.stop();
  }
}

/** Makes of what is wrong with a picture an error of the service; others are handed on. */
export function toServiceError(error: unknown, field: string): unknown {
  if (!isImageError(error)) return error;
  return new ValidationError(error.message, { code: CODES[error.code], fields: [{ field, messages: [error.message] }], cause: error });
}
