import { type Caller, callerOf } from '../core/context/caller.js';
import type { StageContext } from '../core/context/stage-context.js';

/** Whose key a request came with. @publicApi */
export type Principal = Caller;

/**
 * Whose key the request came with; `undefined` where none is demanded.
 *
 * @example
 * ```ts
 * run(input: AskRequest, context: StageContext) {
 *   return this.quota.spend(principalOf(context)?.name ?? 'anonymous', input);
 * }
 * ```
 * @publicApi
 */
export function principalOf(context: StageContext): Principal | undefined {
  return callerOf(context);
}
