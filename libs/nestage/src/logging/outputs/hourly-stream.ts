import { basename, dirname } from 'node:path';
import DailyRotateFile from 'winston-daily-rotate-file';
import { pruneHourlyFiles } from './stable-name.js';
import { watchedFs, type WriteWatcher } from './watched-fs.js';

/** @internal */
export interface HourlyStreamOptions {
  /** Absolute stable name. */
  readonly path: string;
  readonly keepFiles: number;
  readonly watcher: WriteWatcher;
  readonly onError: (error: Error) => void;
  /** Told of each file that is begun, the first one too. */
  readonly onFile: (path: string) => void;
}

/**
 * A stream into `<path>.YYYYMMDDHH` of the current hour, with `path` as a link to it.
 * @throws when the folder can't be made
 * @internal
 */
export function openHourlyStream({ path, keepFiles, watcher, onError, onFile }: HourlyStreamOptions): NodeJS.WritableStream {
  const { logStream } = new DailyRotateFile({
    dirname: dirname(path),
    filename: `${basename(path)}.%DATE%`,
    datePattern: 'YYYYMMDDHH',
    createSymlink: true,
    symlinkName: basename(path),
    options: { flags: 'a', fs: watchedFs(watcher) },
  });
  // The one place where a full disk is told: unheard, it ends the process.
  logStream.on('error', onError);
  logStream.on('new', (current: string) => {
    onFile(current);
    prune(path, current, keepFiles);
  });
  return logStream;
}

function prune(path: string, begun: string, keepFiles: number): void {
  try {
    pruneHourlyFiles(path, begun, keepFiles);
  } catch {
    // a folder that can't be listed still takes lines; old files go another hour
  }
}
