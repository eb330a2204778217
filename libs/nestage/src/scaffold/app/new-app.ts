import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { appFiles } from './app-files.js';

/** A wrong word on the command line: the message is for whoever typed it. @internal */
export class CommandError extends Error {}

/** @internal */
export interface NewAppOptions {
  /** Folder of the app, and by its last part its name. */
  readonly folder: string;
  /** Which nestage the app asks for. */
  readonly nestage: string;
  readonly isInstalled: boolean;
  /** Tells how far it is. */
  readonly tell: (line: string) => void;
}

/**
 * Writes an app and installs its packages.
 * @throws CommandError for a name that npm refuses, a folder that holds something, or a failed install
 * @internal
 */
export function newApp({ folder, nestage, isInstalled, tell }: NewAppOptions): void {
  const root = resolve(folder);
  const name = basename(root);
  if (!/^[a-z0-9][a-z0-9._-]{0,213}$/.test(name)) {
    throw new CommandError(`"${name}" is no name for a package: use small letters, digits, "-", "_" and ".", and begin with a letter.`);
  }
  if (existsSync(root) && readdirSync(root).length > 0) {
    throw new CommandError(`${root} is not empty: name a folder that is, or does not exist.`);
  }
  for (const [path, text] of appFiles({ name, nestage })) {
    const file = join(root, path);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, text);
    tell(`CREATE ${join(folder, path)} (${Buffer.byteLength(text)} bytes)`);
  }
  if (isInstalled) install(root, tell);
  tell(`\nThe app is ready:\n\n  cd ${folder}\n${isInstalled ? '' : '  npm install\n'}  npm start\n`);
}

function install(root: string, tell: (line: string) => void): void {
  tell('Installing packages');
  try {
    execFileSync('npm', ['install', '--no-fund', '--no-audit'], { cwd: root, stdio: ['ignore', 'inherit', 'inherit'] });
  } catch {
    throw new CommandError(`npm install failed; the app is written: run it again in ${root}.`);
  }
}
