import { copyFile, mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { DEPENDENCIES, DEV_DEPENDENCIES } from '../../libs/nestage/src/scaffold/app/app-versions.js';
import { runCommand, serveCommand } from '../support/run-command.js';
import { UnpackedLibrary } from './unpacked-library.js';

const root = join(import.meta.dirname, '../..');
const bin = (name: string): string => join(root, 'node_modules/.bin', name);
const MAX_BYTES = 1_000_000;

jest.setTimeout(600_000);

interface Manifest {
  readonly name: string;
  readonly exports: Record<string, string | { readonly default: string }>;
  readonly peerDependencies: Record<string, string>;
  readonly peerDependenciesMeta: Record<string, { readonly optional?: boolean }>;
}

describe('the package', () => {
  let folder: string;
  let tarball: string;
  let manifest: Manifest;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'nestage-package-'));
    tarball = (await runCommand(process.execPath, [join(root, 'scripts/pack.mjs'), folder], root)).trim();
    manifest = JSON.parse(await readFile(join(root, 'libs/nestage/package.json'), 'utf8')) as Manifest;
  });
  afterAll(async () => {
    await forgetExecuted();
    await rm(folder, { recursive: true, force: true });
  });

  const npm = (cwd: string, ...words: string[]): Promise<string> => runCommand('npm', words, cwd);

  /** npm keeps what it executed from a tarball for the next time, which never comes: the tarball's path is another one then. */
  async function forgetExecuted(): Promise<void> {
    const kept = join((await npm(folder, 'config', 'get', 'cache')).trim(), '_npx');
    for (const name of await readdir(kept).catch(() => [])) {
      const asked = await readFile(join(kept, name, 'package.json'), 'utf8').catch(() => '');
      if (asked.includes(basename(folder))) await rm(join(kept, name), { recursive: true, force: true });
    }
  }

  async function post(url: string, body: object): Promise<unknown> {
    const headers = { 'content-type': 'application/json' };
    const reply = await fetch(url, { method: 'POST', headers, body: JSON.stringify(body) });
    return [reply.status, await reply.json()];
  }

  it('is small, and holds nothing but what it needs', async () => {
    expect((await stat(tarball)).size).toBeLessThan(MAX_BYTES);
    const files = (await runCommand('tar', ['tzf', tarball], folder)).trim().split('\n');
    const strange = files.filter(
      (file) =>
        !/^package\/(dashboard\/[\w-]+\.(js|css|html|svg)|dist\/.*\.m?(js|ts)|schematics\/.*\.json|package\.json|README\.md|LICENSE)$/.test(
          file,
        ),
    );
    expect([strange, files.filter((file) => file.includes('.spec.'))]).toEqual([[], []]);
    expect(files.length).toBeGreaterThan(300);
  });

  it('is not packed without what is built', async () => {
    const bare = join(folder, 'bare');
    await mkdir(bare);
    await copyFile(join(root, 'libs/nestage/package.json'), join(bare, 'package.json'));
    await expect(npm(bare, 'pack', '--ignore-scripts=false')).rejects.toThrow('npm run pack');
  });

  it('is what publint and the check of types ask for', async () => {
    await runCommand(bin('publint'), ['run', tarball, '--strict'], root);
    await runCommand(bin('attw'), [tarball, '--profile', 'esm-only'], root);
  });

  it('makes an app whose commands run, and adds handlers to it', async () => {
    const spec = `file:${tarball}`;
    await npm(folder, 'exec', '--yes', '--package', spec, '--', 'nestage', 'new', 'fresh-app');
    const app = join(folder, 'fresh-app');
    await npm(app, 'exec', '--', 'nest', 'g', '-c', 'nestage', 'stage-handler', 'invoice-text');
    expect(await readFile(join(app, 'src/app.module.ts'), 'utf8')).toContain('providers: [EchoHandler, InvoiceTextHandler]');
    expect(await npm(app, 'test', '--', '--json')).toContain('"numPassedTests":4');
    const service = await serveCommand('npm', ['start'], app);
    try {
      expect(await post(`${service.url}/v1/echo`, { text: ' hello ' })).toEqual([200, { result: 'hello' }]);
      expect(await post(`${service.url}/v1/invoice-text`, { text: 'total' })).toEqual([200, { result: 'total' }]);
      expect(await post(`${service.url}/v1/echo`, { text: 3 })).toEqual([400, expect.objectContaining({ error: 'invalid_request' })]);
    } finally {
      await service.stop();
    }
  });

  it('makes an app that takes the handler of README.md as it stands there', async () => {
    const app = join(folder, 'fresh-app');
    const [, block] = (await readFile(join(root, 'README.md'), 'utf8')).split('<!-- handler: main.ts -->');
    await writeFile(join(app, 'src/main.ts'), block.split('```ts\n')[1].split('```')[0]);
    const service = await serveCommand('npm', ['start'], app);
    try {
      const summary = await post(`${service.url}/v1/summaries`, { text: 'one two three four five six' });
      expect(summary).toEqual([200, { summary: 'one two three four five', words: 5 }]);
    } finally {
      await service.stop();
    }
  });

  it('refuses to make an app in a bad place, and says why', async () => {
    const cli = join(folder, 'fresh-app/node_modules/nestage/dist/scaffold/cli.js');
    const run = (...words: string[]): Promise<string> => runCommand(process.execPath, [cli, ...words], folder);
    await expect(run('new', 'fresh-app')).rejects.toThrow('is not empty');
    await expect(run('new', 'Bad Name')).rejects.toThrow('no name for a package');
    await expect(run('build')).rejects.toThrow('There is no command "build"');
    await expect(run('new')).rejects.toThrow('Name one folder');
    await expect(run('new', 'x', '--odd')).rejects.toThrow('--odd');
    expect(await run('--version')).toMatch(/^\d+\.\d+\.\d+/);
    expect(await run('--help')).toContain('Usage: nestage new');
  });

  it('works in a CommonJS app without any optional package, and leaks no type of one', async () => {
    const app = join(folder, 'plain-app');
    await mkdir(join(app, 'src'), { recursive: true });
    const needed = Object.keys(manifest.peerDependencies).filter((name) => !manifest.peerDependenciesMeta[name]?.optional);
    const versions = { ...DEPENDENCIES, ...DEV_DEPENDENCIES };
    const pick = (...names: string[]): object => Object.fromEntries(names.map((name) => [name, versions[name]]));
    const packageFile = {
      name: 'plain-app',
      private: true,
      dependencies: { ...pick(...needed, '@nestjs/platform-express'), nestage: `file:${tarball}` },
      devDependencies: pick('typescript', '@types/node'),
    };
    await writeFile(join(app, 'package.json'), JSON.stringify(packageFile));
    await writeFile(join(app, 'tsconfig.json'), JSON.stringify({ compilerOptions: COMMONJS, include: ['src'] }));
    await writeFile(join(app, 'src/main.ts'), PLAIN_MAIN);
    await npm(app, 'install', '--no-audit', '--no-fund', '--ignore-scripts', '--omit=peer');
    await npm(app, 'exec', '--', 'tsc');
    const service = await serveCommand(process.execPath, ['dist/main.js'], app);
    try {
      expect(await post(`${service.url}/sum`, { numbers: [1, 2, 3] })).toEqual([200, { sum: 6 }]);
      expect((await fetch(`${service.url}/docs`)).status).toBe(404); // @nestjs/swagger is not there
      for (const path of ['/health', '/dashboard', '/dashboard/files/main.js', '/dashboard/files/uPlot.js'])
        expect([path, (await fetch(service.url + path)).status]).toEqual([path, 200]);
    } finally {
      await service.stop();
    }
    await writeFile(
      join(app, 'tsconfig.json'),
      JSON.stringify({ compilerOptions: { ...COMMONJS, skipLibCheck: false, noEmit: true }, include: ['src'] }),
    );
    const faults = await npm(app, 'exec', '--', 'tsc', '--pretty', 'false').catch((error: Error) => error.message);
    expect(faults.split('\n').filter((line) => line.startsWith('node_modules/nestage/'))).toEqual([]);
  });

  describe('in an app that has some of the optional packages', () => {
    /** What each entry needs, as docs/23-migrating.md tells it. */
    let needs: ReadonlyMap<string, readonly string[]>;
    let documented: ReadonlySet<string>;
    let library: UnpackedLibrary;

    beforeAll(async () => {
      library = await UnpackedLibrary.unpack(tarball, join(folder, 'some'));
      const [, section] = (await readFile(join(root, 'docs/23-migrating.md'), 'utf8')).split('\n## What to install\n');
      const rows = section.split('\n').filter((line) => line.startsWith('| `'));
      const cells = rows.map((row) => row.split('|').map((cell) => [...cell.matchAll(/`([^`]+)`/g)].map(([, name]) => name)));
      needs = new Map(cells.map(([, [use], needed]) => [use, needed]));
      documented = new Set(cells.flatMap(([, , needed, used]) => [...needed, ...used]));
    });

    it('tells of each optional package who needs it', () => {
      expect([...documented].sort()).toEqual([...library.optional].sort());
      expect([...needs.keys()].filter((use) => use.startsWith('nestage')).sort()).toEqual([...library.entries].sort());
    });

    it('reaches from no entry, in code and types, any package but what it asks for', () => {
      const { dependencies, peerDependencies } = library.manifest;
      for (const entry of library.entries) {
        const packages = [...new Set([...library.packagesOf(entry, 'code'), ...library.packagesOf(entry, 'types')])];
        const optional = packages.filter((name) => library.optional.includes(name)).sort();
        expect([entry, optional]).toEqual([entry, [...(needs.get(entry) ?? [])].sort()]);
        expect(packages.filter((name) => !(name in dependencies) && !(name in peerDependencies))).toEqual([]);
      }
    });

    it('has all the options that rooms add, in the types of some entry', () => expect(library.lostAdditions()).toEqual([]));

    it('loads what is there, and names what is missing', async () => {
      expect(await library.importAll()).toEqual({});
      for (const name of library.optional) {
        library.remove(name);
        const broken = library.entries.filter((entry) => library.packagesOf(entry, 'code').includes(name));
        const named = expect.stringContaining(`Cannot find package '${name}'`) as string;
        expect([name, await library.importAll()]).toEqual([name, Object.fromEntries(broken.map((entry) => [entry, named]))]);
        library.add(name);
      }
    });

    it.each([
      ['express', undefined, 200],
      ['express', '@nestjs/swagger', 404],
      ['express', '@nestjs/platform-fastify', 200],
      ['fastify', undefined, 200],
      ['fastify', '@fastify/static', 404],
      ['fastify', '@nestjs/platform-express', 200],
    ] as const)('serves on %s without %s, its API document with %d', async (adapter, missing, status) => {
      if (missing) library.remove(missing);
      try {
        const service = await library.serve(adapter);
        try {
          expect(await post(service.url, { a: 1 })).toEqual([200, { a: 1 }]);
          expect((await fetch(`${service.url}/docs`)).status).toBe(status);
        } finally {
          await service.stop();
        }
      } finally {
        if (missing) library.add(missing);
      }
    });

    it.each(['express', 'fastify'] as const)('says that the adapter is missing: %s', async (adapter) => {
      const name = `@nestjs/platform-${adapter}`;
      library.remove(name);
      try {
        await expect(library.serve(adapter)).rejects.toThrow(`Cannot find package '${name}'`);
      } finally {
        library.add(name);
      }
    });
  });

  it('begins apps with the versions that it is tested with', async () => {
    const workspace = JSON.parse(await readFile(join(root, 'package.json'), 'utf8')) as Record<string, Record<string, string>>;
    const tested = { ...workspace['devDependencies'], ...workspace['dependencies'] };
    const given = { ...DEPENDENCIES, ...DEV_DEPENDENCIES };
    expect(given).toEqual(Object.fromEntries(Object.keys(given).map((name) => [name, tested[name]])));
  });
});

const COMMONJS = {
  target: 'ES2022',
  module: 'NodeNext',
  moduleResolution: 'NodeNext',
  types: ['node'],
  rootDir: './src',
  outDir: './dist',
  strict: true,
  experimentalDecorators: true,
  emitDecoratorMetadata: true,
  skipLibCheck: true,
};

const PLAIN_MAIN = `
import 'reflect-metadata';
import { Module } from '@nestjs/common';
import { ArrayNotEmpty, IsInt } from 'class-validator';
import nestage = require('nestage');
import dashboard = require('nestage/dashboard');

class Sum {
  @ArrayNotEmpty()
  @IsInt({ each: true })
  numbers!: number[];
}

@nestage.StageHandler('/sum', { request: Sum })
class SumHandler {
  run({ numbers }: Sum) {
    return { sum: numbers.reduce((sum, each) => sum + each, 0) };
  }
}

@Module({ imports: [nestage.WebServiceModule.forRoot(), dashboard.DashboardModule.forRoot()], providers: [SumHandler] })
class AppModule {}

void nestage.startWebService(AppModule);
`;
