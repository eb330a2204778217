import type { MessagePort, TransferListItem } from 'node:worker_threads';
import { RequestAbortedError } from '../core/context/request-aborted.error.js';
import type { WorkerOutcome } from '../core/pipeline/worker-events.js';
import type { FromWorker, TaskMessage, ToWorker, WireContext } from './wire/messages.js';
import { ABORT_CAUSES } from './wire/messages.js';
import { readResults } from './wire/read-results.js';
import { WorkerStream } from './worker-stream.js';

/** Hears of an abort. @returns what takes the listener away */
export type OnAbort = (listener: (reason: unknown) => void) => () => void;

/** One input of a call, with whose it is. @internal */
export interface CallContext {
  readonly wire: WireContext;
  readonly onAbort: OnAbort;
}

/** @internal */
export interface WorkerCallInit extends Pick<TaskMessage, 'id' | 'method' | 'input'> {
  readonly contexts: readonly CallContext[];
  readonly transfers: readonly TransferListItem[];
  /** Told how long the thread was at work, before whoever waits has the result. */
  readonly worked: (activeMs: number) => void;
}

/**
 * A task on its way through a pool: while it waits, in its thread, and as a stream. The first way to settle it stands.
 * @internal
 */
export class WorkerCall {
  /** Rejects with the reason as soon as nobody wants it any more, whatever the thread does. */
  readonly result: Promise<unknown>;
  readonly message: TaskMessage;
  /** Called once, when nobody wants it any more. */
  onAbandoned: () => void = () => undefined;
  outcome: WorkerOutcome | undefined;
  activeMs = 0;
  private port: MessagePort | undefined;
  private stream: WorkerStream | undefined;
  private isAbandoned = false;
  private settle!: { readonly resolve: (value: unknown) => void; readonly reject: (error: unknown) => void };
  private readonly releases: (() => void)[] = [];

  constructor(private readonly init: WorkerCallInit) {
    const { id, method, input, contexts } = init;
    const aborts = new Int32Array(new SharedArrayBuffer(contexts.length * Int32Array.BYTES_PER_ELEMENT));
    this.message = { id, method, input, aborts, contexts: contexts.map(({ wire }) => wire) };
    this.result = new Promise((resolve, reject) => (this.settle = { resolve, reject }));
    this.result.catch(() => undefined); // told to whoever called
    for (const [index, { onAbort }] of contexts.entries()) this.releases.push(onAbort((reason) => this.abort(index, reason)));
    if (this.isAbandoned) this.close('aborted');
  }

  get transfers(): TransferListItem[] {
    return [...this.init.transfers];
  }

  /** Whether nobody wants it any more. */
  get isOver(): boolean {
    return this.isAbandoned;
  }

  /** From now on the thread hears of it. */
  begin(port: MessagePort): void {
    this.port = port;
  }

  hear(message: FromWorker): void {
    if (message.type === 'open') this.open();
    else if (message.type === 'item') this.stream?.push(message.item);
    else if (message.type === 'done') this.done(message);
  }

  /** Ends it for whoever waits, and has the thread stop as soon as it can. */
  cancel(reason: unknown): void {
    for (let index = 0; index < this.message.aborts.length; index++) this.abort(index, reason);
  }

  /** It did not come to an end of its own. */
  fail(error: unknown, outcome: WorkerOutcome = 'crashed'): void {
    this.close(outcome);
    this.stream?.end({ error });
    this.stream?.settle();
    this.settle.reject(error);
  }

  private done({ results, activeMs }: Extract<FromWorker, { type: 'done' }>): void {
    this.activeMs = activeMs;
    this.init.worked(activeMs);
    try {
      const value = readResults(results);
      this.close('ok');
      this.stream?.end();
      this.stream?.settle();
      this.settle.resolve(value);
    } catch (error) {
      this.fail(error, 'error');
    }
  }

  private open(): void {
    const { id } = this.message;
    this.stream = new WorkerStream({
      credit: (items) => this.tell({ type: 'credit', id, items }),
      return: () => {
        if (this.outcome) return;
        this.tell({ type: 'return', id });
        this.abandon();
      },
    });
    if (this.isAbandoned)
      this.tell({ type: 'return', id }); // nobody has waited for it
    else this.settle.resolve(this.stream);
  }

  private abort(index: number, reason: unknown): void {
    const { aborts, id } = this.message;
    if (this.outcome || Atomics.load(aborts, index) !== 0) return;
    const cause = reason instanceof RequestAbortedError ? reason.abortCause : 'cancelled';
    Atomics.store(aborts, index, ABORT_CAUSES.indexOf(cause) + 1);
    this.tell({ type: 'abort', id });
    if (aborts.includes(0)) return; // others of the batch still want theirs
    this.stream?.end({ error: reason });
    if (this.stream) this.tell({ type: 'return', id }); // it may wait for a reader that has gone
    this.settle.reject(reason);
    this.abandon();
  }

  private abandon(): void {
    if (this.isAbandoned) return;
    this.isAbandoned = true;
    this.onAbandoned();
    if (!this.port) this.close('aborted'); // no thread is at it
  }

  private close(outcome: WorkerOutcome): void {
    this.outcome ??= this.isAbandoned ? 'aborted' : outcome;
    this.port = undefined;
    for (const release of this.releases.splice(0)) release();
  }

  private tell(message: ToWorker): void {
    this.port?.postMessage(message);
  }
}
