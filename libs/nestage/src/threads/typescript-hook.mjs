// Lets plain node run TypeScript that has not been compiled: `node --import .../typescript-hook.mjs file.ts`. Worker threads get it where
// their file is there as TypeScript only, which is under jest: its own compiler does not reach threads.
import { existsSync, readFileSync } from 'node:fs';
import { createRequire, register } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

// The same file is the entry and, in the loader's own thread, the hooks.
if (!new URL(import.meta.url).searchParams.has('hooks')) register(`${import.meta.url}?hooks`);

const isTypeScript = (url) => /^file:.*\.[cm]?ts$/.test(url ?? '');
const known = new Map();

/** Sources name their neighbours as they will be called once compiled, `./x.js`; aliases are what `paths` of tsconfig.json says. */
export async function resolve(specifier, context, next) {
  if (/^(\.{1,2}\/|file:)/.test(specifier)) return next(sourceOf(new URL(specifier, context.parentURL)) ?? specifier, context);
  const alias = isTypeScript(context.parentURL) ? aliasOf(specifier, dirname(fileURLToPath(context.parentURL))) : undefined;
  return next(alias ?? specifier, context);
}

/** Types are not checked. */
export async function load(url, context, next) {
  if (!isTypeScript(url)) return next(url, context);
  const file = fileURLToPath(url);
  return { format: 'module', shortCircuit: true, source: compilerFor(file)(readFileSync(file, 'utf8'), file) };
}

/** The TypeScript that a JavaScript file which is not there will be compiled from. */
function sourceOf(url) {
  const source = new URL(url.href.replace(/\.([cm]?)js$/, '.$1ts'));
  return source.href !== url.href && !existsSync(fileURLToPath(url)) && existsSync(fileURLToPath(source)) ? source.href : undefined;
}

/** swc where it is installed, as it is many times faster; else TypeScript itself. */
function compilerFor(file) {
  return cached('compiler', () => {
    const require = createRequire(file);
    try {
      const { transformSync } = require('@swc/core');
      const transform = { legacyDecorator: true, decoratorMetadata: true, useDefineForClassFields: false };
      const jsc = { target: 'es2022', parser: { syntax: 'typescript', decorators: true }, transform, keepClassNames: true };
      return (code, filename) =>
        transformSync(code, { swcrc: false, configFile: false, filename, sourceMaps: 'inline', module: { type: 'nodenext' }, jsc }).code;
    } catch {
      const ts = require('typescript');
      const decorators = { experimentalDecorators: true, emitDecoratorMetadata: true, useDefineForClassFields: false };
      const compilerOptions = { module: ts.ModuleKind.ESNext, target: ts.ScriptTarget.ES2022, inlineSourceMap: true, ...decorators };
      return (code, fileName) => ts.transpileModule(code, { fileName, compilerOptions }).outputText;
    }
  });
}

/** What an alias stands for, by the nearest tsconfig.json that has `paths`. */
function aliasOf(specifier, folder) {
  const { root, paths } = cached(folder, () => pathsOf(folder));
  for (const [pattern, targets] of Object.entries(paths)) {
    const [start, end] = pattern.split('*');
    if (end === undefined ? specifier !== pattern : !(specifier.startsWith(start) && specifier.endsWith(end))) continue;
    const middle = end === undefined ? '' : specifier.slice(start.length, specifier.length - end.length);
    const found = targets.map((target) => join(root, target.replace('*', middle))).find((file) => existsSync(file));
    if (found) return pathToFileURL(found).href;
  }
  return undefined;
}

function pathsOf(folder) {
  const file = join(folder, 'tsconfig.json');
  const { baseUrl = '.', paths } = existsSync(file) ? (readConfig(file).compilerOptions ?? {}) : {};
  if (paths) return { root: join(folder, baseUrl), paths };
  return dirname(folder) === folder ? { root: folder, paths: {} } : cached(dirname(folder), () => pathsOf(dirname(folder)));
}

/** Comments and commas at the end are allowed there. */
function readConfig(file) {
  const text = readFileSync(file, 'utf8').replace(/("(?:[^"\\]|\\.)*")|\/\/.*|\/\*[^]*?\*\//g, '$1');
  return JSON.parse(text.replace(/,(?=\s*[}\]])/g, ''));
}

function cached(key, make) {
  if (!known.has(key)) known.set(key, make());
  return known.get(key);
}
