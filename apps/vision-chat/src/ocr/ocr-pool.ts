import { Piscina } from 'piscina';
import './image-loaders.js';
import { ImageError } from './image-error.js';
import { OcrPoolError } from './ocr-pool-error.js';
import { resolveOcrPoolOptions, type OcrPoolOptions, type ResolvedOcrPoolOptions } from './ocr-pool.options.js';
import type { OcrPage } from './ocr.types.js';
import type { OcrAnswer } from './ocr.worker.js';
import { ocrWorkerEntry } from './worker-entry.js';

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
  private workers: Piscina | undefined;
  private starting: Promise<void> | undefined;
  private pending = 0;

  /** @throws RangeError for an option out of range */
  constructor(options?: OcrPoolOptions) {
    this.options = resolveOcrPoolOptions(options);
  }

  /** Pictures being read or waiting. */
  get load(): number {
    return this.pending;
  }

  /**
   * Starts the workers. Resolves when each has loaded the models and read a warm-up picture. Further calls wait for the first.
   *
   * @throws OcrPoolError `worker_failed` when a worker can't start; the pool is then stopped and may be started again
   */
  start(): Promise<void> {
    this.starting ??= this.startWorkers();
    return this.starting;
  }

  /**
   * Reads one picture in the next free worker.
   *
   * @param bytes the file. Copied, so that the caller's buffer stays usable
   * @param signal cuts the reading short: a waiting picture is dropped, a running worker is ended and replaced
   * @throws ImageError when the picture can't be decoded; OcrPoolError `not_started`, `queue_full`, `worker_failed` or `stopped`; the signal's reason
   * when it fires
   */
  async recognise(bytes: Uint8Array, signal?: AbortSignal): Promise<OcrPage> {
    signal?.throwIfAborted();
    const { workers } = this;
    if (!workers) throw new OcrPoolError('not_started', 'The OCR pool is not started: call start() first.');
    const { threads, maxQueue } = this.options;
    // piscina's own limit does not count tasks that carry a signal.
    if (this.pending >= threads + maxQueue) {
      throw new OcrPoolError('queue_full', `The OCR pool is full: ${threads} pictures are being read and ${maxQueue} wait.`);
    }
    this.pending++;
    try {
      // The copy is then moved, not copied again. The caller's own buffer may be a view of one that is shared with others (Buffer's pool).
      const copy = new Uint8Array(bytes);
      const answer = (await workers.run(copy, { name: 'recognise', transferList: [copy.buffer], signal })) as OcrAnswer;
      if (answer.ok) return answer.page;
      throw ImageError.fromFailure(answer.failure);
    } catch (error) {
      if (error instanceof ImageError) throw error;
      signal?.throwIfAborted();
      throw this.workers === workers ? workerFailed(error) : stoppedError(error);
    } finally {
      this.pending--;
    }
  }

  /** Ends the workers at once; pictures that are being read or wait are refused with `stopped`. The pool may be started again. */
  async stop(): Promise<void> {
    const { workers } = this;
    this.workers = undefined;
    this.starting = undefined;
    await workers?.destroy();
  }

  private async startWorkers(): Promise<void> {
    const workers = this.createWorkers();
    this.workers = workers;
    try {
      // A worker takes one task at a time, so as many tasks as workers reach each of them.
      await Promise.all(Array.from({ length: this.options.threads }, () => workers.run(undefined, { name: 'warmUp' })));
    } catch (error) {
      if (this.workers !== workers) throw stoppedError(error);
      await this.stop();
      throw workerFailed(error);
    }
  }

  private createWorkers(): Piscina {
    const { threads, limits, maxHeapMb, workerFile, execArgv } = this.options;
    const entry = workerFile === undefined ? ocrWorkerEntry() : { filename: workerFile };
    const workers = new Piscina({
      ...entry,
      ...(execArgv && { execArgv: [...execArgv] }),
      minThreads: threads,
      maxThreads: threads,
      workerData: { limits },
      resourceLimits: { maxOldGenerationSizeMb: maxHeapMb },
      // Waiting by Atomics would stop the worker's event loop between tasks, and with it the warm-up of a replacement.
      atomics: 'disabled',
      stricterFIFO: true,
      recordTiming: false,
    });
    // A worker that dies while idle is replaced; without a listener its error would end the process. The next picture fails loudly if it can't be.
    workers.on('error', () => undefined);
    return workers;
  }
}

function workerFailed(cause: unknown): OcrPoolError {
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new OcrPoolError('worker_failed', `The OCR worker failed: ${reason}`, { cause });
}

function stoppedError(cause: unknown): OcrPoolError {
  return new OcrPoolError('stopped', 'The OCR pool was stopped.', { cause });
}
