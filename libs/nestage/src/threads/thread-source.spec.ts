import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';
import { findThreadSource } from './thread-source.js';

describe('findThreadSource', () => {
  it('finds TypeScript under the name that it will have once compiled, with a hook that is there', () => {
    const url = new URL('../../../../test/support/threads/task.worker.js', import.meta.url);
    const { workerUrl, entryFile, execArgv } = findThreadSource({ url, execArgv: ['--no-warnings'] });
    expect(workerUrl).toMatch(/task\.worker\.ts$/);
    expect(existsSync(entryFile)).toBe(true);
    expect(execArgv).toEqual(['--import', expect.stringMatching(/typescript-hook\.mjs$/), '--no-warnings']);
    expect(existsSync(fileURLToPath(execArgv?.[1] ?? ''))).toBe(true);
  });

  it('finds the entry of threads, also where an app compiles the sources of the library', () => {
    const root = join(import.meta.dirname, 'index.ts');
    const { NodeNext } = ts.ModuleKind;
    const program = ts.createProgram([root], { module: NodeNext, target: ts.ScriptTarget.ES2022, types: [], skipLibCheck: true });
    expect(program.getSourceFile(join(import.meta.dirname, 'worker/thread-entry.ts'))).toBeDefined();
  });

  it('names a file that is not there, and how it is given', () => {
    const url = new URL('file:///nowhere/x.worker.js');
    expect(() => findThreadSource({ url, execArgv: undefined })).toThrow(
      'There is no worker file /nowhere/x.worker.js: give "worker" as new URL(\'./x.worker.js\', import.meta.url).',
    );
  });
});

describe('the TypeScript hook', () => {
  const hook = new URL('./typescript-hook.mjs', import.meta.url).href;
  const modules = join(import.meta.dirname, '../../../../node_modules');
  let folder: string;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'nestage-hook-'));
    mkdirSync(join(folder, 'node_modules'));
    mkdirSync(join(folder, 'src/deep'), { recursive: true });
    writeFileSync(join(folder, 'package.json'), '{ "type": "module" }');
    // a comment, a comma at the end, and text that looks like a comment
    writeFileSync(
      join(folder, 'tsconfig.json'),
      '{ // of the project\n "compilerOptions": { "paths": { "@own/*": ["./src/*"], "x": ["//"], } }, }',
    );
    writeFileSync(join(folder, 'src/deep/name.ts'), `export const name: string = 'aliased';`);
    writeFileSync(join(folder, 'src/mark.ts'), `export const mark = (_class: Function): void => undefined;`);
    const main = `
      import { name } from '@own/deep/name.ts';
      import { mark } from './mark.js';
      @mark class Named { declare readonly later: string; said: string = name; }
      process.stdout.write(JSON.stringify(new Named()));`;
    writeFileSync(join(folder, 'src/main.ts'), main);
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  it.each([
    ['swc', ['typescript', '@swc']],
    ['TypeScript alone', ['typescript']],
  ])('runs sources with aliases by %s', (_compiler, installed) => {
    for (const name of installed) symlinkSync(join(modules, name), join(folder, 'node_modules', name));
    expect(execFileSync(process.execPath, ['--import', hook, join(folder, 'src/main.ts')], { encoding: 'utf8' })).toBe(
      '{"said":"aliased"}',
    );
  });
});
