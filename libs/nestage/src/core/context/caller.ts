import type { StageContext } from './stage-context.js';

/** Whose key a request came with. @publicApi */
export interface Caller {
  /** Name of the key. */
  readonly name: string;
  /** What the key opens, as it is configured. */
  readonly scopes: readonly string[];
}

const CALLER = Symbol('nestage:caller');

/** Who sent a request; `undefined` where nobody asked. @internal */
export function callerOf({ state }: StageContext): Caller | undefined {
  return state.get(CALLER) as Caller | undefined;
}

/** @internal */
export function bindCaller({ state }: StageContext, { name, scopes }: Caller): Caller {
  const caller = { name, scopes };
  state.set(CALLER, caller);
  return caller;
}
