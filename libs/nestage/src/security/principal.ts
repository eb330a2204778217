import type { StageContext } from '../core/context/stage-context.js';

/** Whose key a request came with. @publicApi */
export interface Principal {
  /** Name of the key. */
  readonly name: string;
  /** What the key opens, as it is configured. */
  readonly scopes: readonly string[];
}

const PRINCIPAL = Symbol('nestage:principal');

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
export function principalOf({ state }: StageContext): Principal | undefined {
  return state.get(PRINCIPAL) as Principal | undefined;
}

/** @internal */
export function bindPrincipal({ state }: StageContext, { name, scopes }: Principal): Principal {
  const principal = { name, scopes };
  state.set(PRINCIPAL, principal);
  return principal;
}
