/** Options without the fields that are `undefined`, so that those below them show through. @internal */
export function withoutAbsent<T extends object>(options: T): T {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined)) as T;
}
