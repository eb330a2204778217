import type { ResourceLimits } from 'node:worker_threads';
import { array, either, fields, integer, number, object, oneOf, type OptionCheck, typed } from '../common/option-checks.js';
import { seconds } from '../common/duration.js';
import { availableCpus } from '../core/resources/cgroup-limits.js';

/** A pool of worker threads. @publicApi */
export interface WorkerOptions {
  /** The worker file, as it is called once compiled: `new URL('./ocr.worker.js', import.meta.url)`. Under jest its TypeScript is found. */
  readonly url: URL;
  /** Name in logs, metrics and `/health`, of its own among all pools. @default the file's name without `.worker.js` */
  readonly name?: string;
  /** Threads, each with an instance of the worker's class. @default CPUs that the cgroup allows, less one for the main thread; at least 1 */
  readonly threads?: number;
  /** Tasks that may wait for a thread; what comes then is refused with 503 and Retry-After. @default 64 */
  readonly maxQueue?: number;
  /** Limits of each thread's JavaScript heap. A thread that needs more is ended, its task fails, and another takes its place. @default Node's */
  readonly resourceLimits?: ResourceLimits;
  /**
   * How long a task may go on after its signal has fired before its thread is ended and replaced, in milliseconds. `false` waits for it as
   * long as it takes: needed where the worker calls native code that can't bear to be ended within a call, such as onnxruntime, which then
   * takes the whole process with it. @default 5000
   */
  readonly killAfterMs?: number | false;
  /** Ends all threads after so long without a task, in milliseconds; the next task starts them again, and waits for it. @default false */
  readonly idleUnloadMs?: number | false;
  /** Given to the worker's `initialize`: anything that can be cloned. */
  readonly data?: unknown;
  /** Options for node in the threads, such as `--import` of an instrumentation. @default those of the process */
  readonly execArgv?: readonly string[];
}

declare module '../core/stage/stage-handler.options.js' {
  interface StageHandlerOptions {
    /**
     * Moves `run` (and with `batch`, `runBatch`) into worker threads: the file of the worker's class, or a pool with its options.
     * @default off
     */
    readonly worker?: URL | WorkerOptions;
  }
}

/** @internal */
export interface ResolvedWorkerOptions extends Required<Omit<WorkerOptions, 'execArgv' | 'resourceLimits'>> {
  readonly execArgv: readonly string[] | undefined;
  readonly resourceLimits: ResourceLimits | undefined;
}

/** Timers can't be set for longer. */
const MAX_TIMER_MS = 2 ** 31 - 1;
const MAX_MB = 2 ** 31;

const url: OptionCheck = {
  describe: "new URL('./x.worker.js', import.meta.url)",
  accepts: (value) => value instanceof URL && value.protocol === 'file:',
};

const pool: OptionCheck = {
  describe: 'an object with the "url" of the worker file',
  accepts: (value) => object.accepts(value) && (value as Partial<WorkerOptions>).url !== undefined,
};

/** Rules for the fields of a pool. @internal */
export const WORKER_FIELDS: Readonly<Record<string, OptionCheck>> = {
  url,
  name: typed('string'),
  threads: integer(1),
  maxQueue: integer(0),
  resourceLimits: fields({
    maxOldGenerationSizeMb: number(1, MAX_MB),
    maxYoungGenerationSizeMb: number(1, MAX_MB),
    codeRangeSizeMb: number(0, MAX_MB),
    stackSizeMb: number(1, MAX_MB),
  }),
  killAfterMs: either(integer(0, MAX_TIMER_MS), oneOf(false)),
  idleUnloadMs: either(integer(1, MAX_TIMER_MS), oneOf(false)),
  data: { describe: 'anything that can be cloned', accepts: () => true },
  execArgv: array,
};

/** @internal */
export const WORKER_CHECKS: Readonly<Record<string, OptionCheck>> = { worker: either(url, { ...pool, fields: WORKER_FIELDS }) };

/** @internal */
export function resolveWorkerOptions(given: URL | WorkerOptions): ResolvedWorkerOptions {
  const options = given instanceof URL ? { url: given } : given;
  return {
    url: options.url,
    name: options.name ?? nameOf(options.url),
    threads: options.threads ?? Math.max(1, availableCpus() - 1),
    maxQueue: options.maxQueue ?? 64,
    resourceLimits: options.resourceLimits,
    killAfterMs: options.killAfterMs ?? seconds(5),
    idleUnloadMs: options.idleUnloadMs ?? false,
    data: options.data,
    execArgv: options.execArgv,
  };
}

/** `ocr` of `file:///srv/dist/ocr/ocr.worker.js`. */
function nameOf({ pathname }: URL): string {
  const file = decodeURIComponent(pathname.slice(pathname.lastIndexOf('/') + 1));
  return file.replace(/\.[cm]?[jt]s$/, '').replace(/[.-]worker$/, '') || 'worker';
}
