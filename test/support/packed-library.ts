import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import ts from 'typescript';

const root = join(import.meta.dirname, '../..');

/** An app that uses the library as it is published: compiled, and found as a package. */
export interface PackedApp {
  /** Folder of the app's compiled files. */
  readonly folder: string;
  readonly remove: () => void;
}

/** Compiles the library as its build does, and beside it the files of an app. */
export function packApp(sources: readonly string[]): PackedApp {
  const cache = join(root, 'node_modules/.cache');
  mkdirSync(cache, { recursive: true });
  const folder = mkdtempSync(join(cache, 'packed-'));
  const library = join(folder, 'node_modules/nestage');
  const tsc = join(root, 'node_modules/typescript/bin/tsc');
  const config = join(root, 'libs/nestage/tsconfig.lib.json');
  execFileSync(process.execPath, [tsc, '-p', config, '--outDir', join(library, 'dist'), '--noCheck', '--declaration', 'false']);
  cpSync(join(root, 'libs/nestage/package.json'), join(library, 'package.json'));
  writeFileSync(join(folder, 'package.json'), JSON.stringify({ type: 'module' }));
  for (const source of sources) writeFileSync(join(folder, basename(source).replace(/\.ts$/, '.js')), compile(source));
  return { folder, remove: () => rmSync(folder, { recursive: true, force: true }) };
}

function compile(source: string): string {
  const { config } = ts.readConfigFile(join(root, 'tsconfig.json'), (path) => ts.sys.readFile(path)) as { config: object };
  const { options } = ts.parseJsonConfigFileContent(config, { ...ts.sys, readDirectory: () => [] }, root);
  const compilerOptions = { ...options, module: ts.ModuleKind.ESNext, sourceMap: false, declaration: false };
  return ts.transpileModule(readFileSync(source, 'utf8'), { fileName: source, compilerOptions }).outputText;
}
