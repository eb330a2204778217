import './image-loaders.js';
import { ImageError } from './image-error.js';
import { OcrPoolError } from './ocr-pool-error.js';
import { resolveOcrPoolOptions, type OcrPoolOptions, type ResolvedOcrPoolOptions } from './ocr-pool.options.js';
import { OcrWorkers } from './ocr-workers.js';
import type { OcrPage } from './ocr.types.js';

/**
 * Reads pictures in worker threads, so that the main thread stays free to answer: an inference blocks its thread for up to half a second.
 *
 * @example
 * const pool = new OcrPool({ threads: 1 });
 * await pool.start();
 * const { text } = await pool.recognise(await readFile('invoice.png'));
 * await pool.stop();
 */
export class OcrPool {
  private readonly options: ResolvedOcrPoolOptions;
  private workers: OcrWorkers | undefined;
  private starting: Promise<void> | undefined;

  /** @throws RangeError for an option out of range */
  constructor(options?: OcrPoolOptions) {
    this.options = resolveOcrPoolOptions(options);
  }

  /** Pictures being read or waiting. One whose reading was cut short counts until its worker has noticed. */
  get load(): number {
    return this.workers?.load ?? 0;
  }

  /**
   * Starts the workers. Resolves when each has loaded the models and read a warm-up picture. Further calls wait for the first.
   *
   * @throws OcrPoolError `worker_failed` when a worker can't start, and the pool may be started again; `stopped` when it was stopped meanwhile
   */
  start(): Promise<void> {
    this.starting ??= this.startWorkers();
    return this.starting;
  }

  /**
   * Reads one picture in the next free worker, in the order of the calls.
   *
   * @param bytes the file; to be left unchanged until the end, and usable after it
   * @param signal cuts the reading short: a waiting picture is dropped, a worker stops before its next inference
   * @throws ImageError when the picture can't be decoded; OcrPoolError `not_started`, `queue_full`, `worker_failed` or `stopped`; the signal's reason
   * when it fires
   */
  async recognise(bytes: Uint8Array, signal?: AbortSignal): Promise<OcrPage> {
    signal?.throwIfAborted();
    const { workers } = this;
    if (!workers) throw new OcrPoolError('not_started', 'The OCR pool is not started: call start() first.');
    const { threads, maxQueue } = this.options;
    if (workers.load >= threads + maxQueue) {
      throw new OcrPoolError('queue_full', `The OCR pool is full: ${threads} pictures are being read and ${maxQueue} wait.`);
    }
    try {
      const answer = await workers.read(bytes, signal);
      if (answer.ok) return answer.page;
      throw ImageError.fromFailure(answer.failure);
    } catch (error) {
      if (error instanceof ImageError || error instanceof OcrPoolError) throw error;
      signal?.throwIfAborted();
      throw workerFailed(error);
    }
  }

  /**
   * Refuses pictures that are being read or wait with `stopped`, and ends the workers as soon as they have come out of their inferences: within a
   * second. The pool may be started again.
   */
  async stop(): Promise<void> {
    const { workers } = this;
    this.workers = undefined;
    this.starting = undefined;
    await workers?.stop(stopped());
  }

  private async startWorkers(): Promise<void> {
    const workers = new OcrWorkers(this.options);
    this.workers = workers;
    try {
      await workers.warmUp();
    } catch (error) {
      if (this.workers === workers) await this.stop();
      throw workerFailed(error);
    }
    if (this.workers !== workers) throw stopped();
  }
}

function workerFailed(cause: unknown): OcrPoolError {
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new OcrPoolError('worker_failed', `The OCR worker failed: ${reason}`, { cause });
}

const stopped = (): OcrPoolError => new OcrPoolError('stopped', 'The OCR pool was stopped.');
