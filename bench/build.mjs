import { execFileSync } from 'node:child_process';
import { copyFileSync, mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
/** Below node_modules, so that what is compiled finds its packages. */
const folder = join(root, 'node_modules/.cache/nestage-bench');

/**
 * Compiles to plain JavaScript by tsc, without checking types (`npm run typecheck` does), so that no loader is in what is measured. `nestage` is
 * found by its own package.json, as an installed one is.
 *
 * @returns {Promise<{ root: string, main: string }>} the repository, and the compiled bench/main.js
 */
export async function build() {
  rmSync(folder, { recursive: true, force: true }); // what has moved since would still be found there
  const tsc = join(root, 'node_modules/typescript/bin/tsc');
  execFileSync(process.execPath, [tsc, '-p', join(root, 'bench/tsconfig.json'), '--noCheck'], { stdio: 'inherit' });
  const library = join(folder, 'node_modules/nestage');
  mkdirSync(library, { recursive: true });
  copyFileSync(join(root, 'libs/nestage/package.json'), join(library, 'package.json'));
  symlinkSync('../../libs/nestage/src', join(library, 'dist'));
  writeFileSync(join(folder, 'package.json'), '{ "type": "module" }\n');
  return { root, main: join(folder, 'bench/main.js') };
}
