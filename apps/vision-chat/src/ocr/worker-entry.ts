import { fileURLToPath } from 'node:url';

/** How a worker thread is started. */
export interface WorkerEntry {
  readonly filename: string;
  /** Options for node in the worker. `undefined`: those of the process. */
  readonly execArgv?: string[];
}

/** Only the test runner runs TypeScript sources, and a thread of plain node can't read them without this. */
const typescriptHook = '../../../../test/support/typescript-hook.mjs';

/**
 * Finds the OCR worker beside this module: compiled beside a compiled module, TypeScript (with a hook that compiles on the fly) beside a TypeScript one.
 */
export function ocrWorkerEntry(moduleUrl: string = import.meta.url): WorkerEntry {
  if (!moduleUrl.endsWith('.ts')) return { filename: fileURLToPath(new URL('./ocr.worker.js', moduleUrl)) };
  return {
    filename: fileURLToPath(new URL('./ocr.worker.ts', moduleUrl)),
    execArgv: ['--import', new URL(typescriptHook, moduleUrl).href],
  };
}
