import { currentContext, type ErrorCode, marksOf, ModelError, StageModel, ValidationError, WebServiceError } from 'nestage';
import { isImageError, type ImageErrorCode } from './ocr/image-error.js';
import { OcrPoolError } from './ocr/ocr-pool-error.js';
import { OcrPool } from './ocr/ocr-pool.js';
import type { OcrPage } from './ocr/ocr.types.js';

/** Id of the embedded model, as clients name it. */
export const OCR_MODEL_ID = 'pp-ocrv4';

/** What is wrong with a picture, in the service's words. */
const CODES: Readonly<Record<ImageErrorCode, ErrorCode>> = {
  empty_file: 'empty_file',
  too_many_pixels: 'file_too_large',
  unsupported_format: 'unsupported_file',
  corrupt_image: 'corrupt_file',
};

/** The embedded model that reads text in pictures, in its own threads. Ready when each thread has read a warm-up picture. */
@StageModel()
export class OcrModel {
  private readonly pool = new OcrPool();

  initialize(): Promise<void> {
    return this.pool.start();
  }

  /**
   * Reads one picture.
   * @param field where the picture stood in the request, for the error
   * @throws ValidationError when the picture can't be read; ModelError when the model failed
   */
  async read(image: Uint8Array, field: string, signal: AbortSignal): Promise<OcrPage> {
    try {
      const page = await this.pool.recognise(image, signal);
      noteWorkerTime(page);
      return page;
    } catch (error) {
      throw toServiceError(error, field);
    }
  }

  dispose(): Promise<void> {
    return this.pool.stop();
  }
}

/** A worker reads one picture at a time, so its steps are the request's own: told in the record of the request. */
function noteWorkerTime({ timings }: OcrPage): void {
  const context = currentContext();
  if (!context) return;
  const marks = marksOf(context);
  const spentMs = (Object.values(timings) as number[]).reduce((sum, ms) => sum + ms, 0);
  marks.workerActiveMs = (marks.workerActiveMs ?? 0) + spentMs;
}

/** Makes of what a picture or the model failed with an error of the service; others are handed on. */
export function toServiceError(error: unknown, field: string): unknown {
  if (isImageError(error)) {
    return new ValidationError(error.message, { code: CODES[error.code], fields: [{ field, messages: [error.message] }], cause: error });
  }
  if (!(error instanceof OcrPoolError)) return error; // the request's own abort
  if (error.code === 'queue_full') return new WebServiceError(error.message, { code: 'overloaded', cause: error });
  return new ModelError(error.message, { cause: error });
}
