import type { Bench } from '../harness/bench.js';
import type { Candidate } from '../harness/candidates.js';
import { nestageServer, nodeServer, pythonServer } from '../harness/candidates.js';
import { RAW } from './scenario.js';

/** Servers that several scenarios load, by other routes. */
export const raw: Candidate = { name: RAW, spec: nodeServer('node-http') };
export const bareNest: readonly Candidate[] = [
  { name: 'Nest on Express', spec: nodeServer('nest', { ADAPTER: 'express' }) },
  { name: 'Nest on Fastify', spec: nodeServer('nest', { ADAPTER: 'fastify' }) },
];
export const nestage: readonly Candidate[] = [
  { name: 'nestage on Express', spec: nestageServer('nestage', { ADAPTER: 'express' }) },
  { name: 'nestage on Fastify', spec: nestageServer('nestage', { ADAPTER: 'fastify' }) },
];

/** Peers in Python: those that are installed, and words for those that are not. */
export interface PythonPeers {
  readonly candidates: readonly Candidate[];
  readonly absent: readonly string[];
}

export function fastApi({ root }: Bench): PythonPeers {
  return found('FastAPI', pythonServer(root, 'fastapi_server.py', ['fastapi', 'uvicorn']), 'fastapi and uvicorn');
}

export function litServe({ root }: Bench): PythonPeers {
  const spec = pythonServer(root, 'litserve_server.py', ['litserve']);
  return found('LitServe', spec && { ...spec, isPinned: false }, 'litserve');
}

function found(name: string, spec: Candidate['spec'] | undefined, packages: string): PythonPeers {
  if (spec === undefined) return { candidates: [], absent: [`${name}: ${packages} not installed`] };
  return { candidates: [{ name, spec }], absent: [] };
}
