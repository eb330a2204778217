/** Name of an object's class as far as it tells one, else `object`: a client's own field `constructor` may stand before the class. @internal */
export function classNameOf(value: object): string {
  const { name } = (value as { constructor?: { name?: unknown } | null }).constructor ?? {};
  return typeof name === 'string' && name !== '' ? name : 'object';
}
