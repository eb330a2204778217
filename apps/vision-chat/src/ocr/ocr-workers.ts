import { Piscina } from 'piscina';
import type { ResolvedOcrPoolOptions } from './ocr-pool.options.js';
import type { OcrAnswer } from './ocr.worker.js';
import { Reading } from './reading.js';
import { Turns } from './turns.js';
import { ocrWorkerEntry } from './worker-entry.js';

/** How long a stop waits for workers to come out of their inferences; one that does not is ended in it. */
const stopWithinMs = 10_000;

/** The threads of an OCR pool from one start to the next stop, and who waits for them. */
export class OcrWorkers {
  private readonly threads: Piscina;
  /** Order and limit are ours: piscina reverses the order of tasks that carry a signal, and holds their pictures meanwhile. */
  private readonly turns: Turns;
  private readonly readings = new Set<Reading>();
  private stopped: Error | undefined;

  constructor(private readonly options: ResolvedOcrPoolOptions) {
    this.threads = createThreads(options);
    this.turns = new Turns(options.threads);
  }

  /** Pictures being read or waiting. One that nobody wants any more counts until its worker has noticed. */
  get load(): number {
    return this.turns.load;
  }

  /**
   * Resolves when each worker has loaded the models and read a warm-up picture.
   *
   * @throws what kept a worker from it
   */
  async warmUp(): Promise<void> {
    await Promise.all(this.warmUps());
  }

  /** Reads one picture in the next free worker; rejects with the signal's reason when it fires. */
  async read(bytes: Uint8Array, signal?: AbortSignal): Promise<OcrAnswer> {
    const giveBack = await this.turns.take(signal);
    const reading = new Reading(this.threads, bytes);
    this.readings.add(reading);
    // The turn lasts as long as the worker is at it, also when nobody waits for its answer any more.
    void reading.whenOver.then(() => {
      this.readings.delete(reading);
      giveBack();
    });
    const onAbort = (): void => reading.cancel(signal?.reason);
    signal?.addEventListener('abort', onAbort, { once: true });
    // Between the turn and here, things may have changed.
    if (signal?.aborted) onAbort();
    if (this.stopped) reading.cancel(this.stopped);
    try {
      return await reading.answer;
    } finally {
      signal?.removeEventListener('abort', onAbort);
    }
  }

  /** Rejects whatever is being read or waits with `reason`, and ends the threads as soon as none is within an inference. */
  async stop(reason: Error): Promise<void> {
    this.stopped = reason;
    this.turns.close(reason);
    for (const reading of this.readings) reading.cancel(reason);
    // A worker that starts, or that has just replaced another, is at its warm-up, which is made of inferences, too.
    const idle = Promise.allSettled([...[...this.readings].map(({ whenOver }) => whenOver), ...this.warmUps()]);
    const ended = Promise.all(this.threads.threads.map((thread) => new Promise((resolve) => thread.once('exit', resolve))));
    await within(stopWithinMs, Promise.race([idle, ended]));
    await this.threads.destroy();
  }

  /** A worker takes one task at a time, so as many tasks as workers reach each of them. */
  private warmUps(): Promise<unknown>[] {
    return Array.from({ length: this.options.threads }, () => this.threads.run(undefined, { name: 'warmUp' }));
  }
}

function createThreads({ threads, limits, maxHeapMb, workerFile, execArgv }: ResolvedOcrPoolOptions): Piscina {
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
    recordTiming: false,
  });
  // A worker that dies while idle is replaced; without a listener its error would end the process. The next picture fails loudly if it can't be.
  workers.on('error', () => undefined);
  return workers;
}

async function within(timeMs: number, work: Promise<unknown>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const timeout = new Promise<void>((resolve) => (timer = setTimeout(resolve, timeMs)));
  await Promise.race([work, timeout]).finally(() => clearTimeout(timer));
}
