import { readdirSync, readFileSync } from 'node:fs';
import { join, sep } from 'node:path';
import { findViolations, importedPackages, packagesLoadedWith, type Sources } from './source-rules.js';

const LIBRARY = join(import.meta.dirname, '../../libs/nestage');

function sourcesOf(folder: string): Sources {
  const paths = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter(
    (path) => path.endsWith('.ts') && !path.endsWith('.spec.ts'),
  );
  return new Map(paths.map((path) => [path.split(sep).join('/'), readFileSync(join(folder, path), 'utf8')]));
}

describe('the sources of the library', () => {
  const sources = sourcesOf(join(LIBRARY, 'src'));
  const manifest = JSON.parse(readFileSync(join(LIBRARY, 'package.json'), 'utf8')) as {
    readonly dependencies: Readonly<Record<string, string>>;
    readonly peerDependencies: Readonly<Record<string, string>>;
    readonly peerDependenciesMeta?: Readonly<Record<string, { readonly optional?: boolean }>>;
  };

  it('are all read', () => {
    expect(sources.size).toBeGreaterThan(100);
    expect(sources.has('core/pipeline/stage-pipeline.ts')).toBe(true);
    expect(importedPackages(sources).size).toBeGreaterThan(8);
  });

  it('keep the rules of the architecture', () => {
    expect(findViolations(sources)).toEqual([]);
  });

  it('import no package that the published package does not ask for', () => {
    const asked = new Set(Object.keys({ ...manifest.dependencies, ...manifest.peerDependencies }));
    expect([...importedPackages(sources)].filter(([name]) => !asked.has(name)).map(([name, from]) => `${name} (${from})`)).toEqual([]);
  });

  it('load no optional package with the root entry', () => {
    const { peerDependenciesMeta = {} } = manifest;
    const optional = Object.keys(peerDependenciesMeta).filter((name) => peerDependenciesMeta[name].optional);
    expect(optional.length).toBeGreaterThan(0);
    const loaded = packagesLoadedWith('index.ts', sources);
    expect(loaded.has('@nestjs/common')).toBe(true);
    expect(optional.filter((name) => loaded.has(name))).toEqual([]);
  });
});

describe('the rules', () => {
  const violations = (sources: Readonly<Record<string, string>>): string[] => findViolations(new Map(Object.entries(sources)));
  const empty = {
    'common/a.ts': '',
    'common/index.ts': '',
    'core/a.ts': '',
    'logging/a.ts': '',
    'metrics/a.ts': '',
    'http/a.ts': '',
    'openai/a.ts': '',
    'uploads/a.ts': '',
    'start.ts': '',
  };

  it('let every layer import those below it', () => {
    expect(
      violations({
        ...empty,
        'core/b.ts': `import { x } from '../common/a.js'; import { Injectable } from '@nestjs/common'; import 'reflect-metadata';`,
        'metrics/b.ts': `import { x } from '../core/a.js'; import type { y } from './a.js'; import prom from 'prom-client';`,
        'http/b.ts': `import { x } from '../logging/a.js'; import { y } from '../core/a.js';`,
        'openai/b.ts': `export { x } from '../http/a.js'; export { type y } from '../common/a.js';`,
        'web-service.ts': `import { x } from './openai/a.js'; import { y } from './start.js'; import { z } from './metrics/a.js';`,
      }),
    ).toEqual([]);
  });

  it.each([
    ['core/b.ts', `import { x } from '../http/a.js';`, 'core/b.ts (layer 1) imports http/a.ts (layer 3): imports go down'],
    ['core/b.ts', `import type { x } from '../http/a.js';`, 'core/b.ts (layer 1) imports http/a.ts (layer 3): imports go down'],
    ['core/b.ts', `export { x } from '../logging/a.js';`, 'core/b.ts (layer 1) imports logging/a.ts (layer 2): imports go down'],
    ['core/b.ts', `type X = import('../logging/a.js').X;`, 'core/b.ts (layer 1) imports logging/a.ts (layer 2): imports go down'],
    ['core/b.ts', `const x = await import('../logging/a.js');`, 'core/b.ts (layer 1) imports logging/a.ts (layer 2): imports go down'],
    ['http/b.ts', `import '../start.js';`, 'http/b.ts (layer 3) imports start.ts (layer 5): imports go down'],
    ['logging/b.ts', `import { x } from '../metrics/a.js';`, "logging/b.ts imports metrics/a.ts: rooms of layer 2 don't know each other"],
    ['uploads/b.ts', `import { x } from '../openai/a.js';`, "uploads/b.ts imports openai/a.ts: rooms of layer 4 don't know each other"],
    [
      'strange/b.ts',
      `import { x } from '../core/a.js';`,
      'strange/b.ts is in a folder that has no layer: give it one in ARCHITECTURE.md and here',
    ],
    ['common/b.ts', `import { x } from 'rxjs';`, 'common/b.ts imports rxjs: not in common'],
    ['core/b.ts', `import type { Application } from 'express';`, 'core/b.ts imports express: not in core'],
    ['core/b.ts', `import { x } from '@nestjs/platform-fastify/deep.js';`, 'core/b.ts imports @nestjs/platform-fastify: not in core'],
    ['http/b.ts', `import prom from 'prom-client';`, 'http/b.ts imports prom-client: metrics/ may'],
    ['http/b.ts', `import type { Application } from 'express';`, 'http/b.ts imports express: nobody may'],
    ['core/b.ts', `import { x } from '../common/index.js';`, 'core/b.ts imports common/index.ts: name the file itself'],
    ['core/b.ts', `import { x } from './missing.js';`, 'core/b.ts imports core/missing.ts, which is not there'],
    ['core/b.ts', `export * from './a.js';`, 'core/b.ts:1 has "export *": export by name'],
    ['core/b.ts', `export * as all from './a.js';`, 'core/b.ts:1 has "export *": export by name'],
    ['core/b.ts', `\nprocess.exit(1);`, 'core/b.ts:2 uses process.exit: process-binding.ts and primary-binding.ts may'],
    ['core/b.ts', `process.exitCode = 1;`, 'core/b.ts:1 uses process.exitCode: process-binding.ts and scaffold/cli.ts may'],
    ['core/b.ts', `process.once('SIGTERM', stop);`, 'core/b.ts:1 uses process.on: process-binding.ts and primary-binding.ts may'],
    [
      'core/b.ts',
      `const x = process.env['X'];`,
      'core/b.ts:1 uses process.env: environment.ts and core/resources/gpu-sampler.ts and core/processes/worker-birth.ts may',
    ],
    ['core/b.ts', `console.log(1);`, 'core/b.ts:1 uses console: write to the log'],
    ['core/b.ts', `let count = 0;`, 'core/b.ts:1 has a variable of the module: keep state in providers'],
    ['core/b.ts', `export var count: number;`, 'core/b.ts:1 has a variable of the module: keep state in providers'],
    ['core/b.ts', `const cache = new Map<string, number>();`, 'core/b.ts:1 has an empty Map of the module: keep state in providers'],
    [
      'core/b.ts',
      `const all: string[] = [];\nfunction f() { all.push('x'); }`,
      'core/b.ts:2 changes "all", which is state of the module: keep state in providers',
    ],
    [
      'core/b.ts',
      `const all = { n: 0 };\nexport const f = () => all.n++;`,
      'core/b.ts:2 changes "all", which is state of the module: keep state in providers',
    ],
    [
      'core/b.ts',
      `const all = {};\nfunction f(k) { all[k] = 1; }`,
      'core/b.ts:2 changes "all", which is state of the module: keep state in providers',
    ],
    [
      'core/b.ts',
      `const all = {};\nfunction f(k) { Object.assign(all, k); }`,
      'core/b.ts:2 changes "all", which is state of the module: keep state in providers',
    ],
    ['core/b.ts', `class X { static last = 0; }`, 'core/b.ts:1 has a static field that can change: keep state in providers'],
    ['core/b.ts', `const s = new AsyncLocalStorage();`, 'core/b.ts:1 has a second AsyncLocalStorage: use core/context/context-storage.ts'],
  ])('refuse in %s: %s', (path, text, violation) => {
    expect(violations({ ...empty, [path]: text })).toEqual([violation]);
  });

  it('refuse modules that load each other, and let types go round', () => {
    const a = `import { b } from './b.js';`;
    expect(violations({ 'core/a.ts': a, 'core/b.ts': `import { c } from './c.js';`, 'core/c.ts': `export { a } from './a.js';` })).toEqual([
      'core/a.ts -> core/b.ts -> core/c.ts -> core/a.ts is a cycle of value imports',
    ]);
    expect(violations({ 'core/a.ts': a, 'core/b.ts': `import type { a } from './a.js'; import { type x } from './a.js';` })).toEqual([]);
  });

  it('leave alone what is not state', () => {
    const text = `
      export const contextStorage = new AsyncLocalStorage();
      const NAMES: ReadonlySet<string> = new Set(['a']);
      export function f(limit: number) { let count = limit; const all = new Map(); all.set('a', count++); process.once('exit', f); process.kill(1, 0); return all; }
      class X { static readonly max = 1; count = 0; set(x) { this.count = x; } }
      declare const build: string;`;
    expect(violations({ 'core/context/context-storage.ts': text })).toEqual([]);
  });

  it('know which packages come with an entry', () => {
    const sources: Sources = new Map([
      ['index.ts', `import { a } from './a.js'; import type { b } from './b.js';`],
      ['a.ts', `import x from '@scope/x/deep.js'; const y = await import('y');`],
      ['b.ts', `import z from 'z';`],
    ]);
    expect([...packagesLoadedWith('index.ts', sources)]).toEqual(['@scope/x']);
    expect([...importedPackages(sources).keys()]).toEqual(['@scope/x', 'y', 'z']);
  });
});
