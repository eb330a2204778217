import { workerData } from 'node:worker_threads';
import sharp from 'sharp';
import { isImageError, type ImageFailure } from './image-error.js';
import { OcrEngine, type OcrEngineOptions } from './ocr-engine.js';
import type { OcrPage } from './ocr.types.js';

/** What a worker answers. A refused picture is plain data: an error that crosses threads loses its own fields. */
export type OcrAnswer = { readonly ok: true; readonly page: OcrPage } | { readonly ok: false; readonly failure: ImageFailure };

/** A picture to be read. */
export interface OcrOrder {
  /** The file. */
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** Shared memory: 1 in its only place when nobody wants the picture any more. */
  readonly stopFlag: Int32Array;
}

// No two pictures are alike, and the pool already runs one worker a core.
sharp.cache(false);
sharp.concurrency(1);

// Begins with the thread, so that a worker that replaces another is warm before it gets its first picture. A failure is reported by each task.
const warmEngine = loadWarm();
warmEngine.catch(() => undefined);

async function loadWarm(): Promise<OcrEngine> {
  const engine = await OcrEngine.load(workerData as OcrEngineOptions);
  await engine.warmUp();
  return engine;
}

/** Resolves once this worker has read its warm-up picture. */
export async function warmUp(): Promise<void> {
  await warmEngine;
}

/** Reads one picture, or gives it up before the next inference when the flag says so. */
export async function recognise({ bytes, stopFlag }: OcrOrder): Promise<OcrAnswer> {
  const engine = await warmEngine;
  const checkpoint = (): void => {
    if (Atomics.load(stopFlag, 0) === 1) throw new Error('nobody wants the picture any more');
  };
  try {
    return { ok: true, page: await engine.recognise(bytes, checkpoint) };
  } catch (error) {
    if (isImageError(error)) return { ok: false, failure: error.toFailure() };
    throw error;
  }
}
