/** Values without the fields that are `undefined`: of options, those below them show through. @internal */
export function withoutAbsent<T extends object>(values: T): T {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as T;
}
