import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';

/**
 * What an app must ask npm for to get the nestage that runs now: the tarball or folder that it was installed from, else its version.
 * @param folder of the installed package: `<project>/node_modules/nestage`
 * @returns `file:` with an absolute path, or a range such as `^0.1.0`
 * @internal
 */
export function installedSpec(folder: string, version: string): string {
  const project = join(folder, '../..');
  const asked = dependencyOf(join(project, 'package.json'));
  return asked?.startsWith('file:') ? `file:${resolve(project, asked.slice('file:'.length))}` : `^${version}`;
}

function dependencyOf(packageFile: string): string | undefined {
  try {
    const { dependencies, devDependencies } = JSON.parse(readFileSync(packageFile, 'utf8')) as Partial<
      Record<string, Record<string, string>>
    >;
    return dependencies?.['nestage'] ?? devDependencies?.['nestage'];
  } catch {
    return undefined; // installed where no project is, such as globally
  }
}
