import { mkdirSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { loadedWith, type Sources } from '../architecture/source-rules.js';
import { runCommand, serveCommand, type ServingCommand } from '../support/run-command.js';

const root = join(import.meta.dirname, '../..');

interface Manifest {
  readonly exports: Readonly<Record<string, string | { readonly default: string }>>;
  readonly dependencies: Readonly<Record<string, string>>;
  readonly peerDependencies: Readonly<Record<string, string>>;
  readonly peerDependenciesMeta: Readonly<Record<string, { readonly optional?: boolean }>>;
}

/** The files of the tarball in an app that has the packages which it is given, and no others. */
export class UnpackedLibrary {
  readonly manifest: Manifest;
  readonly optional: readonly string[];
  /** What code is imported from: `nestage/openai`. */
  readonly entries: readonly string[];

  private constructor(private readonly app: string) {
    this.manifest = JSON.parse(readFileSync(join(this.library, 'package.json'), 'utf8')) as Manifest;
    const { exports, dependencies, peerDependencies, peerDependenciesMeta } = this.manifest;
    this.optional = Object.keys(peerDependenciesMeta).filter((name) => peerDependenciesMeta[name].optional);
    this.entries = Object.keys(exports)
      .filter((name) => typeof exports[name] !== 'string')
      .map((name) => name.replace('.', 'nestage'));
    for (const name of Object.keys({ ...dependencies, ...peerDependencies })) this.add(name);
  }

  /** @param folder of the app, which is made; it has all peers then */
  static async unpack(tarball: string, folder: string): Promise<UnpackedLibrary> {
    const library = join(folder, 'node_modules/nestage');
    mkdirSync(library, { recursive: true });
    await runCommand('tar', ['xzf', tarball, '--strip-components=1', '-C', library], folder);
    return new UnpackedLibrary(folder);
  }

  add(name: string): void {
    const link = join(this.app, 'node_modules', name);
    mkdirSync(dirname(link), { recursive: true });
    symlinkSync(join(root, 'node_modules', name), link);
  }

  remove(name: string): void {
    rmSync(join(this.app, 'node_modules', name));
  }

  /** Packages that an entry's JavaScript loads at once, or that its types come from as well. */
  packagesOf(entry: string, kind: 'code' | 'types'): string[] {
    return [...this.loadedBy(entry, kind).packages].filter((name) => !name.startsWith('node:')).sort();
  }

  /** Declarations that add to interfaces of others, such as handlers' options, and that no entry's types lead to: their additions are lost. */
  lostAdditions(): string[] {
    const seen = new Set(this.entries.flatMap((entry) => [...this.loadedBy(entry, 'types').seen]));
    return [...this.types].filter(([file, text]) => /^declare module '\./m.test(text) && !seen.has(file)).map(([file]) => file);
  }

  private loadedBy(entry: string, kind: 'code' | 'types'): ReturnType<typeof loadedWith> {
    const { default: file } = this.manifest.exports[entry.replace('nestage', '.')] as { default: string };
    const start = file.replace('./dist/', '').replace(/\.js$/, '.ts');
    return loadedWith(start, kind === 'code' ? this.code : this.types, { types: kind === 'types' });
  }

  /** Imports all entries in a process. @returns what each says that fails */
  async importAll(): Promise<Readonly<Record<string, string>>> {
    const file = join(this.app, 'import-all.mjs');
    writeFileSync(file, IMPORT_ALL);
    return JSON.parse(await runCommand(process.execPath, [file, ...this.entries], this.app)) as Record<string, string>;
  }

  /** Starts a service that has one handler, at `/`. */
  serve(adapter: 'express' | 'fastify'): Promise<ServingCommand> {
    const file = join(this.app, 'serve.mjs');
    writeFileSync(file, SERVE);
    return serveCommand(process.execPath, [file, adapter], this.app, { LOG_FILE: 'false' });
  }

  private get library(): string {
    return join(this.app, 'node_modules/nestage');
  }

  private readonly code = this.filesWith(/(?<!\.d)\.js$/);
  private readonly types = this.filesWith(/\.d\.ts$/);

  /** As sources are named, so that their rules read them. */
  private filesWith(ending: RegExp): Sources {
    const dist = join(this.library, 'dist');
    const files = readdirSync(dist, { recursive: true, encoding: 'utf8' }).filter((file) => ending.test(file));
    return new Map(files.map((file) => [file.replace(ending, '.ts'), readFileSync(join(dist, file), 'utf8')]));
  }
}

const IMPORT_ALL = `
const faults = {};
for (const entry of process.argv.slice(2)) await import(entry).catch((error) => (faults[entry] = String(error)));
process.stdout.write(JSON.stringify(faults));
`;

const SERVE = `
import { Module } from '@nestjs/common';
import { StageHandler, startWebService, WebServiceModule } from 'nestage';
class Echo { run(body) { return body; } }
StageHandler('/', { request: false })(Echo);
class App {}
Module({ imports: [WebServiceModule.forRoot()], providers: [Echo] })(App);
await startWebService(App, { adapter: process.argv[2] });
`;
