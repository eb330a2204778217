import { fileURLToPath } from 'node:url';

/** Only the test runner runs TypeScript sources, and a thread of plain node can't read them without this. */
const typescriptHook = '../../../test/support/typescript-hook.mjs';

/** The worker beside this module: compiled beside a compiled module, TypeScript with a hook beside a TypeScript one. */
export function sentenceWorkerEntry(moduleUrl: string = import.meta.url): { readonly filename: string; readonly execArgv?: string[] } {
  if (!moduleUrl.endsWith('.ts')) return { filename: fileURLToPath(new URL('./sentence.worker.js', moduleUrl)) };
  return {
    filename: fileURLToPath(new URL('./sentence.worker.ts', moduleUrl)),
    execArgv: ['--import', new URL(typescriptHook, moduleUrl).href],
  };
}
