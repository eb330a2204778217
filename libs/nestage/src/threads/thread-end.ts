import { inspect } from 'node:util';
import type { WorkerEndCause } from '../core/pipeline/worker-events.js';

/** How a thread came to an end that nobody had told it to. @internal */
export interface ThreadEnd {
  readonly cause: WorkerEndCause;
  /** What happened, to follow "The worker thread": `exited with code 3`. */
  readonly text: string;
  readonly error: unknown;
}

/** Says of what piscina told at a thread's end what it means. @internal */
export function describeThreadEnd(error: unknown, isKilled: boolean): ThreadEnd {
  if (isKilled) return { cause: 'killed', text: 'was ended, as its task went on after nobody wanted it any more', error };
  const { message, code } = (error ?? {}) as { readonly message?: unknown; readonly code?: unknown };
  if (code === 'ERR_WORKER_OUT_OF_MEMORY') return { cause: 'memory', text: 'ran out of memory: see "resourceLimits"', error };
  const [, exitCode] = /^worker exited with code: (-?\d+)/.exec(String(message)) ?? [];
  if (exitCode !== undefined || error === undefined)
    return { cause: 'exit', text: `exited${exitCode ? ` with code ${exitCode}` : ''}`, error };
  return { cause: 'error', text: `failed: ${typeof message === 'string' ? message : inspect(error)}`, error };
}
