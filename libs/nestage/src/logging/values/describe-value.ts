import { types } from 'node:util';
import { classNameOf } from '../../common/class-name.js';
import { headOf } from './cut-text.js';
import { describeText } from './describe-text.js';
import { isSecretKey, MASK, maskSecrets } from './mask-secrets.js';

const MAX_DEPTH = 12;
const MAX_NAME_LENGTH = 100;
const MAX_PHRASE_LENGTH = 1000;
const SECRET = `"${MASK}"`;

/**
 * A value as one line of JSON-like text for the log: requests, stage values, results. Secrets are masked by key and by shape, bulk
 * (data URLs, base64, buffers, streams) is shown as kind and size, and what exceeds about `maxLength` characters is left out with a
 * mark that says how much there was. Looks at no more of a huge value than it shows, and never throws.
 * @publicApi
 */
export function describeValue(value: unknown, maxLength: number): string {
  return new ValueText(maxLength).of(value);
}

/** One description: what is left of its length, and the objects that the walk is inside of. */
class ValueText {
  private readonly path: object[] = [];

  constructor(private left: number) {}

  of(value: unknown): string {
    try {
      return typeof value === 'object' && value !== null ? this.ofObject(value) : this.took(this.ofPrimitive(value));
    } catch {
      return this.took('<unreadable>'); // a class whose properties throw when looked at
    }
  }

  private ofPrimitive(value: unknown): string {
    if (typeof value === 'string') return describeText(value, this.left);
    if (typeof value === 'function') return `<function ${headOf(value.name, MAX_NAME_LENGTH)}>`;
    if (typeof value === 'symbol') return `<${headOf(String(value), MAX_NAME_LENGTH)}>`;
    return String(value);
  }

  private ofObject(value: object): string {
    if (types.isProxy(value)) return this.took('<Proxy>');
    const isPlain = isPlainObject(value);
    const bulk = isPlain ? undefined : bulkOf(value);
    if (bulk !== undefined) return this.took(bulk);
    if (this.path.includes(value)) return this.took('<circular>');
    if (this.path.length >= MAX_DEPTH) return this.took('<deeper>');
    this.path.push(value);
    try {
      if (Array.isArray(value)) return this.list(value, value.length);
      if (value instanceof Set) return `Set ${this.list(value, value.size)}`;
      if (value instanceof Map) return `Map ${this.entries(value)}`;
      return this.fields(value, isPlain);
    } finally {
      this.path.pop();
    }
  }

  private list(items: Iterable<unknown>, size: number): string {
    let text = '';
    let count = 0;
    this.left -= 2;
    for (const item of items) {
      if (this.left <= 0) break;
      this.left--;
      text += count++ === 0 ? this.of(item) : `,${this.of(item)}`;
    }
    return `[${text}${restOf(size - count, 'items')}]`;
  }

  private entries(map: ReadonlyMap<unknown, unknown>): string {
    let text = '';
    let count = 0;
    this.left -= 2;
    for (const [key, value] of map) {
      if (this.left <= 0) break;
      const name = typeof key === 'string' || typeof key === 'number' ? String(key) : `<${typeof key}>`;
      text += this.head(count++, name) + (isSecretKey(name) ? this.took(SECRET) : this.of(value));
    }
    return `{${text}${restOf(map.size - count, 'fields')}}`;
  }

  private fields(value: object, isPlain: boolean): string {
    const keys = Object.keys(value);
    if (keys.length === 0 && !isPlain) return this.took(`<${shownName(value)}>`);
    let text = '';
    let count = 0;
    this.left -= 2;
    for (const key of keys) {
      if (this.left <= 0) break;
      text += this.head(count++, key) + (isSecretKey(key) ? this.took(SECRET) : this.read(value, key));
    }
    return `{${text}${restOf(keys.length - count, 'fields')}}`;
  }

  private head(index: number, key: string): string {
    const name = JSON.stringify(headOf(key, MAX_NAME_LENGTH));
    this.left -= name.length + 2;
    return `${index === 0 ? '' : ','}${name}:`;
  }

  private read(owner: object, key: string): string {
    try {
      return this.of((owner as Record<string, unknown>)[key]);
    } catch {
      return this.took('<unreadable>'); // a getter that throws spoils its own field alone
    }
  }

  private took(text: string): string {
    this.left -= text.length;
    return text;
  }
}

function restOf(count: number, unit: string): string {
  return count > 0 ? `...(${count} more ${unit})` : '';
}

function isPlainObject(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}

const shownName = (value: object): string => headOf(classNameOf(value), MAX_NAME_LENGTH);

/** Objects shown by what they are, not by what they hold. */
function bulkOf(value: object): string | undefined {
  if (Array.isArray(value)) return undefined;
  if (ArrayBuffer.isView(value) || types.isAnyArrayBuffer(value)) return `<${shownName(value)} ${value.byteLength} bytes>`;
  if (value instanceof Blob) return `<${headOf(value.type, MAX_NAME_LENGTH) || 'Blob'}, ${value.size} bytes>`;
  if (types.isDate(value)) return Number.isNaN(value.getTime()) ? '<invalid date>' : `"${value.toISOString()}"`;
  if (value instanceof URL) return JSON.stringify(phrase(value.href));
  if (types.isRegExp(value)) return `<${phrase(String(value))}>`;
  if (value instanceof Error) return `<${phrase(`${value.name}: ${value.message}`)}>`;
  if (types.isPromise(value)) return '<Promise>';
  return isStream(value) ? '<stream>' : undefined;
}

function phrase(text: string): string {
  return maskSecrets(headOf(text, MAX_PHRASE_LENGTH));
}

function isStream(value: object): boolean {
  const { pipe, [Symbol.asyncIterator]: iterate } = value as { pipe?: unknown; [Symbol.asyncIterator]?: unknown };
  return typeof iterate === 'function' || typeof pipe === 'function';
}
