import { availableParallelism } from 'node:os';
import type { ImageLimits } from './decode-image.js';

/** How many pictures are read at once, how many may wait, and how large they may be. */
export interface OcrPoolOptions {
  /** Worker threads, each with its own copy of the models: about 0.4 GB, 1.1 GB after a picture of many megapixels. @default cores - 1, at least 1 */
  readonly threads?: number;
  /** Pictures that may wait for a free worker; further ones are refused at once. @default 64 */
  readonly maxQueue?: number;
  /** JavaScript heap of one worker in megabytes; a worker that needs more is ended and replaced. Pixels and models are not part of it. @default 512 */
  readonly maxHeapMb?: number;
  /** How large a picture may be. */
  readonly limits?: ImageLimits;
  /** Worker file, for bundles that put it elsewhere. @default the one beside this module */
  readonly workerFile?: string;
  /** Options for node in the workers. @default those of the process */
  readonly execArgv?: readonly string[];
}

/** {@link OcrPoolOptions} with all defaults filled in. */
export type ResolvedOcrPoolOptions = Required<Omit<OcrPoolOptions, 'workerFile' | 'execArgv'>> &
  Pick<OcrPoolOptions, 'workerFile' | 'execArgv'>;

/**
 * Fills in the defaults.
 *
 * @throws RangeError naming the option, the allowed range and the value got
 */
export function resolveOcrPoolOptions(options: OcrPoolOptions = {}): ResolvedOcrPoolOptions {
  return {
    threads: integerFrom(1, 'threads', options.threads ?? Math.max(1, availableParallelism() - 1)),
    maxQueue: integerFrom(0, 'maxQueue', options.maxQueue ?? 64),
    maxHeapMb: integerFrom(1, 'maxHeapMb', options.maxHeapMb ?? 512),
    limits: options.limits ?? {},
    workerFile: options.workerFile,
    execArgv: options.execArgv,
  };
}

function integerFrom(min: number, name: string, value: number): number {
  if (Number.isInteger(value) && value >= min) return value;
  throw new RangeError(`"${name}" must be an integer >= ${min}, got ${value} (set it in new OcrPool({ ${name} })).`);
}
