import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { isReady } from './is-ready.js';
import { type Server, type ServerSpec, startServer } from './server-process.js';

/** One of those that are compared. */
export interface Candidate {
  readonly name: string;
  readonly spec: ServerSpec;
}

/** A server of bench/servers, by its file. */
export function nodeServer(name: string, env?: NodeJS.ProcessEnv): ServerSpec {
  return { command: [process.execPath, fileURLToPath(new URL(`../servers/${name}.js`, import.meta.url))], env };
}

/** A server of bench/servers made with nestage: it listens before it is ready. */
export function nestageServer(name: string, env?: NodeJS.ProcessEnv): ServerSpec {
  return { ...nodeServer(name, env), isReady };
}

/** An app of apps/, as it is. */
export function appServer(name: string, env?: NodeJS.ProcessEnv): ServerSpec {
  return { command: [process.execPath, fileURLToPath(new URL(`../../apps/${name}/src/main.js`, import.meta.url))], env, isReady };
}

/** A server in Python, if its packages are installed. */
export function pythonServer(root: string, file: string, packages: readonly string[]): ServerSpec | undefined {
  const python = ['python3', '/usr/bin/python3'].find((command) => canImport(command, packages));
  return python === undefined ? undefined : { command: [python, join(root, 'bench/servers', file)] };
}

function canImport(python: string, packages: readonly string[]): boolean {
  try {
    execFileSync(python, ['-c', `import ${packages.join(', ')}`], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

/** Starts all, hands them over by name, and stops them whatever happens. */
export async function withServers<T>(
  candidates: readonly Candidate[],
  use: (servers: ReadonlyMap<string, Server>) => Promise<T>,
): Promise<T> {
  const servers = new Map<string, Server>();
  try {
    for (const { name, spec } of candidates) servers.set(name, await startServer(spec));
    return await use(servers);
  } finally {
    await Promise.all([...servers.values()].map((server) => server.stop()));
  }
}
