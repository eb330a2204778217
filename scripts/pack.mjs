// Makes the tarball that would be published: `node scripts/pack.mjs <folder>` prints its path. Nothing of the working tree is changed.
import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const library = join(root, 'libs/nestage');

/**
 * Builds the library without source maps, whose sources are not shipped, and packs it.
 *
 * @param {string} destination folder of the tarball; made when missing
 * @returns {string} path of the tarball
 */
export function pack(destination) {
  mkdirSync(destination, { recursive: true });
  const staging = mkdtempSync(join(tmpdir(), 'nestage-pack-'));
  try {
    const compiler = join(root, 'node_modules/typescript/bin/tsc');
    const settings = ['--outDir', join(staging, 'dist'), '--sourceMap', 'false', '--declarationMap', 'false', '--incremental', 'false'];
    run(process.execPath, [compiler, '--project', join(library, 'tsconfig.lib.json'), ...settings], root);
    const manifest = JSON.parse(readFileSync(join(library, 'package.json'), 'utf8'));
    delete manifest.scripts; // they keep people from packing what is not built
    writeFileSync(join(staging, 'package.json'), JSON.stringify(manifest, undefined, 2));
    for (const folder of ['dashboard', 'schematics']) cpSync(join(library, folder), join(staging, folder), { recursive: true });
    for (const file of ['LICENSE', 'README.md']) cpSync(join(root, file), join(staging, file));
    const [{ filename }] = JSON.parse(run('npm', ['pack', '--json', '--pack-destination', resolve(destination)], staging));
    return join(resolve(destination), filename);
  } finally {
    rmSync(staging, { recursive: true, force: true });
  }
}

function run(command, words, cwd) {
  return execFileSync(command, words, { cwd, encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] });
}

if (process.argv[1] === fileURLToPath(import.meta.url)) process.stdout.write(`${pack(process.argv[2] ?? '.')}\n`);
