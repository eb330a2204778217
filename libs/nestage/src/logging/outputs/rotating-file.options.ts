import type { Clock } from '../../common/clock.js';

/** Hears what becomes of a file and of the lines that it could not take. @internal */
export interface RotatingFileOwner {
  lost(line: string): void;
  broke(path: string, error: Error): void;
  mended(): void;
  movedAside(path: string, aside: string): void;
}

/** @internal */
export interface RotatingFileOptions {
  /** Absolute stable name. */
  readonly path: string;
  readonly keepFiles: number;
  readonly maxBufferedLength: number;
  readonly retryIntervalMs: number;
  readonly clock: Clock;
  readonly owner: RotatingFileOwner;
}
