// Lets a plain node thread run this repository's TypeScript: `node --import ./test/support/typescript-hook.mjs file.ts`.
// Tests give it to the worker threads they start, since the test runner's own compiler does not reach them.
import { existsSync } from 'node:fs';
import { register } from 'node:module';
import { fileURLToPath } from 'node:url';
import { transformFile } from '@swc/core';

// The same file is the entry and, in the loader's own thread, the hooks.
if (!new URL(import.meta.url).searchParams.has('hooks')) register(`${import.meta.url}?hooks`);

/** @type {import('@swc/core').Options} */
const compilerOptions = {
  swcrc: false,
  sourceMaps: 'inline',
  module: { type: 'nodenext' },
  jsc: {
    target: 'es2022',
    parser: { syntax: 'typescript', decorators: true },
    transform: { legacyDecorator: true, decoratorMetadata: true, useDefineForClassFields: false },
    keepClassNames: true,
  },
};

const library = new URL('../../libs/nestage/src/', import.meta.url);

/**
 * Sources name their neighbours as they will be called once compiled: `./x.js` is `./x.ts` when there is no such JavaScript.
 * `nestage` and `nestage/<room>` are the library's sources, as `paths` of tsconfig.json says.
 */
export async function resolve(specifier, context, next) {
  const [, room] = /^nestage(?:\/(.+))?$/.exec(specifier) ?? [specifier, null];
  if (room !== null) return next(new URL(room === undefined ? 'index.ts' : `${room}/index.ts`, library).href, context);
  const relative = /^(\.{1,2}\/|file:)/.test(specifier) && specifier.endsWith('.js');
  if (!relative) return next(specifier, context);
  const source = new URL(specifier.replace(/\.js$/, '.ts'), context.parentURL);
  return next(existsSync(fileURLToPath(source)) ? source.href : specifier, context);
}

/** Compiles TypeScript; types are not checked. */
export async function load(url, context, next) {
  if (!url.startsWith('file:') || !url.endsWith('.ts')) return next(url, context);
  const { code } = await transformFile(fileURLToPath(url), compilerOptions);
  return { format: 'module', shortCircuit: true, source: code };
}
