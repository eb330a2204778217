import { appendFileSync, closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { megabytes } from '../../common/size.js';

const PATIENCE_MS = 200;
const PAUSE_MS = 5;
/** Other processes may have written to the same file meanwhile. */
const LOOK_BACK_BYTES = megabytes(1);

/**
 * Whether bytes that the system was asked to write are at the end of the file by now; waits a little for them. For the last moment of
 * a process, when no callback will come any more.
 * @internal
 */
export function waitUntilArrived(path: string, bytes: Buffer): boolean {
  const idle = new Int32Array(new SharedArrayBuffer(4));
  for (let waited = 0; waited <= PATIENCE_MS; waited += PAUSE_MS) {
    if (hasArrived(path, bytes)) return true;
    Atomics.wait(idle, 0, 0, PAUSE_MS);
  }
  return false;
}

/** Appends at once, past the stream. @returns false when the disk refuses @internal */
export function appendNow(path: string, bytes: Buffer): boolean {
  try {
    appendFileSync(path, bytes);
    return true;
  } catch {
    return false; // the caller gives the lines to the standard error
  }
}

function hasArrived(path: string, bytes: Buffer): boolean {
  try {
    const fd = openSync(path, 'r');
    try {
      const { size } = fstatSync(fd);
      const tail = Buffer.alloc(Math.min(size, bytes.length + LOOK_BACK_BYTES));
      readSync(fd, tail, 0, tail.length, size - tail.length);
      return tail.includes(bytes);
    } finally {
      closeSync(fd);
    }
  } catch {
    return false; // no file, nothing arrived
  }
}
