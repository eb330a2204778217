import { createHash, type Hash } from 'node:crypto';
import { types } from 'node:util';
import { classNameOf } from '../common/class-name.js';
import { identityOf } from '../core/stage/identity.js';
import type { PlainClasses } from './plain-classes.js';

/** A digest, or what about the value can't be compared, such as `a function at "options.onDone"`. @internal */
export type Digest = { readonly text: string } | { readonly fault: string };

const MAX_DEPTH = 100;
/** Texts from this length on go to the hash by themselves, shorter pieces together. */
const LONG = 4096;

/**
 * A digest (SHA-256) that two values share only if they are equal by content: fields in any order and without those that are undefined, bytes,
 * dates, maps and sets included. Resistant to collisions, since clients that don't trust each other may meet in it.
 * @internal
 */
export function digestOf(value: unknown, classes: PlainClasses): Digest {
  const writer = new CanonicalWriter(classes);
  return writer.write(value) ? { text: writer.digest() } : { fault: writer.fault };
}

/** Writes values in a form that each value has alone: a tag, the length where one is needed, the content. */
class CanonicalWriter {
  private readonly hash: Hash = createHash('sha256');
  private readonly above: object[] = [];
  private readonly path: (string | number)[] = [];
  private what = '';
  private pending = '';

  constructor(private readonly classes: PlainClasses) {}

  get fault(): string {
    return this.path.length === 0 ? this.what : `${this.what} at "${this.path.toReversed().join('.')}"`;
  }

  digest(): string {
    return this.hash.update(this.pending).digest('base64');
  }

  /** @returns whether the value could be written; if not, `fault` says why */
  write(value: unknown): boolean {
    switch (typeof value) {
      case 'string':
        return this.text(value);
      case 'number':
        return this.put(Object.is(value, -0) ? 'n-0;' : `n${value};`);
      case 'boolean':
        return this.put(value ? 't' : 'f');
      case 'undefined':
        return this.put('u');
      case 'bigint':
        return this.put(`i${value};`);
      case 'object':
        return value === null ? this.put('z') : this.object(value);
      default:
        return this.refuse(`a ${typeof value}`);
    }
  }

  private object(value: object): boolean {
    if (this.above.includes(value)) return this.refuse('an object that holds itself');
    if (this.above.length === MAX_DEPTH) return this.refuse(`an object ${MAX_DEPTH} levels deep`);
    this.above.push(value);
    const isWritten = this.content(value);
    this.above.pop();
    return isWritten;
  }

  private content(value: object): boolean {
    if (Array.isArray(value)) return this.put('a') && this.each(value) && this.put(']');
    if (ArrayBuffer.isView(value)) return this.bytes(classNameOf(value), Buffer.from(value.buffer, value.byteOffset, value.byteLength));
    if (types.isAnyArrayBuffer(value)) return this.bytes('ArrayBuffer', Buffer.from(value));
    if (types.isDate(value)) return this.put(`d${value.getTime()};`);
    if (types.isMap(value)) return this.put('m') && this.pairs(value) && this.put(']');
    if (types.isSet(value)) return this.put('e') && this.each([...value]) && this.put(']');
    const identity = identityOf(value);
    if (identity !== undefined) return this.put('y') && this.at('identity', identity);
    if (!this.classes.isPlain(value)) return this.refuse(`an object of class ${classNameOf(value)}, which may hide a part of its state`);
    return this.fields(value as Readonly<Record<string, unknown>>);
  }

  private fields(value: Readonly<Record<string, unknown>>): boolean {
    this.put('o');
    for (const key of Object.keys(value).sort()) {
      if (value[key] !== undefined && !(this.text(key) && this.at(key, value[key]))) return false;
    }
    return this.put('}');
  }

  private pairs(map: ReadonlyMap<unknown, unknown>): boolean {
    for (const [key, value] of map) {
      const place = typeof key === 'string' ? key : 'a value';
      if (!this.at('a key', key) || !this.at(place, value)) return false;
    }
    return true;
  }

  private each(items: readonly unknown[]): boolean {
    for (let index = 0; index < items.length; index++) if (!this.at(index, items[index])) return false;
    return true;
  }

  private at(place: string | number, value: unknown): boolean {
    if (this.write(value)) return true;
    this.path.push(place);
    return false;
  }

  private text(text: string): boolean {
    // halves of surrogate pairs would all become one character in UTF-8
    if (!(text as string & { isWellFormed(): boolean }).isWellFormed()) return this.bytes('text', Buffer.from(text, 'utf16le'));
    if (text.length < LONG) return this.put(`s${text.length}:${text}`);
    this.put(`s${text.length}:`);
    return this.flush(text);
  }

  private bytes(kind: string, bytes: Buffer): boolean {
    this.put(`b${kind}:${bytes.length}:`);
    return this.flush(bytes);
  }

  private put(piece: string): true {
    this.pending += piece;
    return this.pending.length < LONG || this.flush('');
  }

  private flush(rest: string | Buffer): true {
    this.hash.update(this.pending);
    this.hash.update(rest);
    this.pending = '';
    return true;
  }

  private refuse(what: string): false {
    this.what = what;
    return false;
  }
}
