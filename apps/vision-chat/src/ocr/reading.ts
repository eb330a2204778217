import type { Piscina } from 'piscina';
import type { OcrAnswer, OcrOrder } from './ocr.worker.js';

/**
 * One picture in the hands of a worker.
 *
 * A reading that nobody wants any more is not ended with its worker: a thread that is ended within an inference takes the whole process with it, as
 * onnxruntime's answer then finds no JavaScript to go to. The worker is told by a flag instead, and stops before its next inference.
 */
export class Reading {
  /** What the worker made of the picture; rejects when it failed, or with what `cancel` was given. */
  readonly answer: Promise<OcrAnswer>;
  /** Resolves when the worker is free again, whatever came of it. */
  readonly whenOver: Promise<void>;
  private readonly stopFlag = new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT));
  private reject!: (reason: unknown) => void;

  /** @param bytes the file. Copied and then moved, as the caller's own buffer may be a view of one that is shared with others (Buffer's pool) */
  constructor(workers: Piscina, bytes: Uint8Array) {
    const order: OcrOrder = { bytes: new Uint8Array(bytes), stopFlag: this.stopFlag };
    const work = workers.run(order, { name: 'recognise', transferList: [order.bytes.buffer] }) as Promise<OcrAnswer>;
    this.answer = new Promise((resolve, reject) => {
      this.reject = reject;
      work.then(resolve, reject);
    });
    this.whenOver = work.then(nothing, nothing);
  }

  /** Rejects the answer at once and has the worker stop as soon as it can: within an inference, which is a second at most. */
  cancel(reason: unknown): void {
    Atomics.store(this.stopFlag, 0, 1);
    this.reject(reason);
  }
}

const nothing = (): void => undefined;
