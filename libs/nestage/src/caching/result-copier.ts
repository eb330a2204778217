import { types } from 'node:util';
import type { PlainClasses } from './plain-classes.js';

/**
 * Copies results, so that what one request does with its own never shows in another's: plain data, instances of classes without hidden state,
 * bytes, dates, maps and sets. Anything else is handed on as it is.
 * @internal
 */
export class ResultCopier {
  constructor(private readonly classes: PlainClasses) {}

  copy<T>(value: T): T {
    return typeof value === 'object' && value !== null ? (this.object(value, new Map()) as T) : value;
  }

  private of(value: unknown, seen: Map<object, unknown>): unknown {
    return typeof value === 'object' && value !== null ? this.object(value, seen) : value;
  }

  private object(value: object, seen: Map<object, unknown>): unknown {
    if (seen.has(value)) return seen.get(value);
    const keep = <T>(copy: T): T => {
      seen.set(value, copy);
      return copy;
    };
    if (Array.isArray(value)) {
      const copy: unknown[] = keep(new Array<unknown>(value.length));
      for (let index = 0; index < value.length; index++) copy[index] = this.of(value[index], seen);
      return copy;
    }
    if (ArrayBuffer.isView(value)) return keep(copyView(value));
    if (types.isAnyArrayBuffer(value)) return keep(value.slice(0));
    if (types.isDate(value)) return keep(new Date(value));
    if (types.isMap(value)) {
      const copy = keep(new Map<unknown, unknown>());
      for (const [key, each] of value) copy.set(this.of(key, seen), this.of(each, seen));
      return copy;
    }
    if (types.isSet(value)) {
      const copy = keep(new Set<unknown>());
      for (const each of value) copy.add(this.of(each, seen));
      return copy;
    }
    if (!this.classes.isPlain(value)) return value;
    const copy = keep(Object.create(Object.getPrototypeOf(value) as object | null) as Record<string, unknown>);
    for (const [key, each] of Object.entries(value)) setField(copy, key, this.of(each, seen));
    return copy;
  }
}

/** What the class has a name for, too, such as `__proto__`, must not go through its setter. */
function setField(copy: Record<string, unknown>, key: string, value: unknown): void {
  if (key in copy) Object.defineProperty(copy, key, { value, writable: true, enumerable: true, configurable: true });
  else copy[key] = value;
}

function copyView(view: ArrayBufferView): ArrayBufferView {
  const bytes = view.buffer.slice(view.byteOffset, view.byteOffset + view.byteLength) as ArrayBuffer;
  if (Buffer.isBuffer(view)) return Buffer.from(bytes);
  return new (view.constructor as new (buffer: ArrayBuffer) => ArrayBufferView)(bytes);
}
