import type { MessagePort } from 'node:worker_threads';
import type { AbortCause } from '../../core/context/request-aborted.error.js';
import type { RequestOrigin } from '../../core/context/stage-context.js';
import type { LogLevel } from '../../core/log/log-writer.js';
import type { WorkerObservation } from '../../core/pipeline/worker-events.js';
import type { WireError } from '../../core/errors/wire-error.js';

/** Why a task is no longer wanted, as a number in shared memory: its place here, and 1 more. @internal */
export const ABORT_CAUSES: readonly AbortCause[] = ['client_closed', 'deadline', 'shutdown', 'cancelled'];

/** Items of a stream that may be on their way to a reader that has not asked for them yet. @internal */
export const STREAM_WINDOW = 32;

/** What a thread is started with. @internal */
export interface ThreadStart {
  /** Module with the worker's class. */
  readonly url: string;
  /** Given to the worker's `initialize`. */
  readonly data: unknown;
  /** Levels of log lines that are kept at all. */
  readonly levels: readonly LogLevel[];
  /** Everything but the tasks themselves goes over it, in its order. */
  readonly port: MessagePort;
}

/** Which methods the worker's class has. @internal */
export interface ThreadMethods {
  readonly run: boolean;
  readonly runBatch: boolean;
}

/** A request as a worker gets to know it. @internal */
export interface WireContext {
  readonly logId: string;
  readonly deadline: number | undefined;
  readonly path: string;
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
  readonly origin: RequestOrigin;
}

/** One task: an input, or the inputs of a batch. @internal */
export interface TaskMessage {
  readonly id: number;
  readonly method: 'run' | 'runBatch';
  /** What `run` takes, or an array of what it takes. */
  readonly input: unknown;
  readonly contexts: readonly WireContext[];
  /** Shared memory, a place for each context: 0, or why it is aborted. */
  readonly aborts: Int32Array;
}

/** What a worker is told. @internal */
export type ToWorker =
  /** Have a look at the shared memory of aborts. */
  | { readonly type: 'abort'; readonly id: number }
  /** The reader of the stream takes so many items more. */
  | { readonly type: 'credit'; readonly id: number; readonly items: number }
  /** Nobody reads the stream any more. */
  | { readonly type: 'return'; readonly id: number };

/** A result of `run` that is no plain value. @internal */
export interface WireBinary {
  readonly data: Uint8Array;
  readonly type: string;
  readonly filename: string | undefined;
}

/** What one input came to. @internal */
export type WireResult = { readonly value: unknown } | { readonly binary: WireBinary } | { readonly error: WireError };

/** What a worker tells. @internal */
export type FromWorker =
  | { readonly type: 'started'; readonly methods: ThreadMethods }
  | { readonly type: 'failed'; readonly error: WireError }
  /** `run` gave a stream, whose items follow. */
  | { readonly type: 'open'; readonly id: number }
  | { readonly type: 'item'; readonly id: number; readonly item: unknown }
  /** The task is over; of a stream, without a result unless it failed. */
  | {
      readonly type: 'done';
      readonly id: number;
      readonly results: readonly WireResult[] | WireResult | undefined;
      readonly activeMs: number;
    }
  | { readonly type: 'log'; readonly level: LogLevel; readonly message: string; readonly logId: string | undefined }
  | { readonly type: 'metric'; readonly metric: WorkerObservation };
