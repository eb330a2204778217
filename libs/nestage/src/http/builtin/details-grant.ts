import type { StageContext } from '../../core/context/stage-context.js';

const GRANTED = Symbol('nestage:details-granted');

/** Notes that whoever sent a request may see what is meant for operators. @internal */
export function grantDetails({ state }: StageContext): void {
  state.set(GRANTED, true);
}

/** @internal */
export function hasDetailsGrant(context: StageContext | undefined): boolean {
  return context?.state.get(GRANTED) === true;
}
