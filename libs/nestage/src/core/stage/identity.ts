/**
 * By it an object that hides a part of its state gives plain data that tells it from others, so that requests can be compared by their input.
 * @internal
 */
export const IDENTITY = Symbol.for('nestage.identity');

/** What stands for an object where it is compared; `undefined` for one that does not say. @internal */
export const identityOf = (value: object): unknown => (value as { readonly [IDENTITY]?: unknown })[IDENTITY];
