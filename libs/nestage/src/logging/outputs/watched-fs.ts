import fs from 'node:fs';

type WriteCallback = (error: NodeJS.ErrnoException | null, written?: number, buffer?: Uint8Array) => void;

/** Told by a file stream before and after each of its writes. @internal */
export interface WriteWatcher {
  /** @returns false when these bytes have been written by other means, so that they must not be again */
  starts(bytes: Uint8Array): boolean;
  /** Called after the stream itself knows. */
  wrote(count: number): void;
}

/**
 * The `fs` option of a write stream: Node's own functions, but each write is told. The rotating stream swallows the callbacks of its
 * writes, and so there is no other way to learn what is on the disk.
 * @internal
 */
export function watchedFs(watcher: WriteWatcher): object {
  return {
    open: fs.open,
    close: fs.close,
    write(fd: number, buffer: Uint8Array, offset: number, length: number, position: number | null, callback: WriteCallback): void {
      if (!watcher.starts(buffer)) {
        setImmediate(callback, null, length, buffer);
        return;
      }
      fs.write(fd, buffer, offset, length, position, (error, written) => {
        callback(error, written, buffer);
        if (!error) watcher.wrote(written);
      });
    },
  };
}
