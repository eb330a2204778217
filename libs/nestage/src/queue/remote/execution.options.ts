import { oneOf, type OptionCheck } from '../../common/option-checks.js';

/** Where `run` is done. @publicApi */
export const EXECUTIONS = ['queue', 'here'] as const;

declare module '../../core/stage/stage-handler.options.js' {
  interface StageHandlerOptions {
    /**
     * 'queue': `run` (and `runBatch`) is done by a worker on any machine, see `QueueModule`; the other stages stay in the process that the
     * request came to. There, the handler is not initialized where the process is no worker itself.
     * @default 'here'
     */
    readonly execution?: (typeof EXECUTIONS)[number];
  }
}

/** @internal */
export const EXECUTION_CHECKS: Readonly<Record<string, OptionCheck>> = { execution: oneOf(...EXECUTIONS) };
