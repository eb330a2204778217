/** Marks objects that are values, such as an uploaded file: validation hands them on as they are and never makes them anew. @internal */
export const WHOLE_VALUE = Symbol.for('nestage.whole-value');

/** Whether something is such a value, or a list of them. @internal */
export function isWholeValue(value: unknown): boolean {
  const one: unknown = Array.isArray(value) ? value[0] : value;
  return typeof one === 'object' && one !== null && WHOLE_VALUE in one;
}
