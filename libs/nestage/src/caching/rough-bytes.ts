import { types } from 'node:util';

/** What an object costs besides its fields, about. */
const OBJECT_BYTES = 32;

/** About as many bytes as a value holds in memory: texts by their length, bytes as they are. @internal */
export function roughBytes(value: unknown): number {
  const seen = new Set<object>();
  const rest: unknown[] = [value];
  let bytes = 0;
  while (rest.length > 0) {
    const next = rest.pop();
    if (typeof next === 'string') bytes += next.length;
    else if (typeof next !== 'object' || next === null) bytes += 8;
    else if (!seen.has(next)) {
      seen.add(next);
      bytes += OBJECT_BYTES;
      if (ArrayBuffer.isView(next) || types.isAnyArrayBuffer(next)) bytes += next.byteLength;
      else if (types.isMap(next) || types.isSet(next) || Array.isArray(next)) for (const each of next as Iterable<unknown>) rest.push(each);
      else
        for (const [key, each] of Object.entries(next)) {
          bytes += key.length;
          rest.push(each);
        }
    }
  }
  return bytes;
}
