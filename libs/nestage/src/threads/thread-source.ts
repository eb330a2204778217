import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { ResolvedWorkerOptions } from './worker.options.js';

/** What a thread is made of. @internal */
export interface ThreadSource {
  /** File that piscina loads in the thread. */
  readonly entryFile: string;
  /** Module with the worker's class. */
  readonly workerUrl: string;
  /** Options for node in the thread; `undefined` leaves those of the process. */
  readonly execArgv: string[] | undefined;
}

/**
 * Finds the worker file under its one spelling. Compiled, it is there as it is called. Where only TypeScript is, as under jest, whose own
 * compiler does not reach threads, they get a hook that compiles on the fly.
 * @throws Error when there is no such file
 * @internal
 */
export function findThreadSource({ url, execArgv }: Pick<ResolvedWorkerOptions, 'url' | 'execArgv'>): ThreadSource {
  const entry = existing(new URL('./worker/thread-entry.js', import.meta.url));
  const worker = existing(url);
  const isTypeScript = [entry, worker].some(({ pathname }) => /\.[cm]?ts$/.test(pathname));
  const hook = isTypeScript ? ['--import', new URL('./typescript-hook.mjs', import.meta.url).href] : [];
  return {
    entryFile: fileURLToPath(entry),
    workerUrl: worker.href,
    execArgv: isTypeScript || execArgv ? [...hook, ...(execArgv ?? [])] : undefined,
  };
}

/** The file itself, or the TypeScript that it will be compiled from. */
function existing(url: URL): URL {
  const source = new URL(url.href.replace(/\.([cm]?)js$/, '.$1ts'));
  const found = [url, source].find((each) => existsSync(fileURLToPath(each)));
  if (found) return found;
  throw new Error(`There is no worker file ${fileURLToPath(url)}: give "worker" as new URL('./x.worker.js', import.meta.url).`);
}
