import { types } from 'node:util';
import { bulkOf, shownName } from './bulk-of.js';
import { headOf } from './cut-text.js';
import { describeText } from './describe-text.js';
import type { Described } from './described.js';
import { type KnownWord, KnownWords, MAX_NAME_LENGTH } from './known-words.js';
import { MASK } from './mask-secrets.js';

const MAX_DEPTH = 12;
const SECRET = `"${MASK}"`;

/**
 * A value as one line of JSON-like text for the log: requests, stage values, results. Secrets are masked by key and by shape, bulk
 * (data URLs, base64, buffers, streams) is shown as kind and size, and what exceeds about `maxLength` characters is left out with a
 * mark that says how much there was. Looks at no more of a huge value than it shows, and never throws.
 * @publicApi
 */
export function describeValue(value: unknown, maxLength: number): string {
  return describe(value, maxLength, new KnownWords()).text;
}

/** As `describeValue`, for one who describes often and so remembers the keys. @internal */
export function describe(value: unknown, maxLength: number, words: KnownWords): Described {
  return new ValueWalk(value, maxLength, words);
}

/** An object that the walk is inside of. */
interface Inside {
  readonly object: object;
  readonly outer: Inside | undefined;
  readonly depth: number;
}

/** One description, and what is left of its length. */
class ValueWalk implements Described {
  readonly text: string;
  isPlain = true;

  constructor(
    value: unknown,
    private left: number,
    private readonly words: KnownWords,
  ) {
    this.text = this.of(value, undefined);
  }

  private of(value: unknown, outer: Inside | undefined): string {
    try {
      if (typeof value === 'string') return this.said(describeText(value, this.left));
      return typeof value === 'object' && value !== null ? this.ofObject(value, outer) : this.ofPrimitive(value);
    } catch {
      return this.took('<unreadable>'); // a class whose properties throw when looked at
    }
  }

  private ofPrimitive(value: unknown): string {
    if (typeof value === 'function') return this.said({ text: `<function ${headOf(value.name, MAX_NAME_LENGTH)}>`, isPlain: false });
    if (typeof value === 'symbol') return this.said({ text: `<${headOf(String(value), MAX_NAME_LENGTH)}>`, isPlain: false });
    return this.took(String(value));
  }

  private ofObject(value: object, outer: Inside | undefined): string {
    if (types.isProxy(value)) return this.took('<Proxy>');
    const isPlainObject = hasNoClass(value);
    const bulk = isPlainObject ? undefined : bulkOf(value);
    if (bulk !== undefined) return this.said({ text: bulk, isPlain: false });
    if (isInside(value, outer)) return this.took('<circular>');
    if (outer && outer.depth >= MAX_DEPTH) return this.took('<deeper>');
    const inside = { object: value, outer, depth: outer ? outer.depth + 1 : 1 };
    if (Array.isArray(value)) return this.list(value, value.length, inside);
    if (value instanceof Set) return `Set ${this.list(value, value.size, inside)}`;
    if (value instanceof Map) return `Map ${this.entries(value, inside)}`;
    const keys = Object.keys(value);
    if (keys.length > 0 || isPlainObject) return this.fields(keys, inside);
    return this.said({ text: `<${shownName(value)}>`, isPlain: false });
  }

  private list(items: Iterable<unknown>, size: number, inside: Inside): string {
    let text = '';
    let count = 0;
    this.left -= 2;
    for (const item of items) {
      if (this.left <= 0) break;
      this.left--;
      text += count++ === 0 ? this.of(item, inside) : `,${this.of(item, inside)}`;
    }
    return `[${text}${restOf(size - count, 'items')}]`;
  }

  private entries(map: ReadonlyMap<unknown, unknown>, inside: Inside): string {
    let text = '';
    let count = 0;
    this.left -= 2;
    for (const [key, value] of map) {
      if (this.left <= 0) break;
      const name = typeof key === 'string' || typeof key === 'number' ? String(key) : `<${typeof key}>`;
      const word = this.words.of(name);
      text += this.head(count++, word) + (word.isSecret ? this.took(SECRET) : this.of(value, inside));
    }
    return `${text || '{'}${restOf(map.size - count, 'fields')}}`;
  }

  private fields(keys: readonly string[], inside: Inside): string {
    let text = '';
    let count = 0;
    this.left -= 2;
    for (const key of keys) {
      if (this.left <= 0) break;
      const word = this.words.of(key);
      text += this.head(count++, word) + (word.isSecret ? this.took(SECRET) : this.read(key, inside));
    }
    return `${text || '{'}${restOf(keys.length - count, 'fields')}}`;
  }

  private head(index: number, { first, further, isPlain }: KnownWord): string {
    this.isPlain &&= isPlain;
    this.left -= first.length;
    return index === 0 ? first : further;
  }

  private read(key: string, inside: Inside): string {
    try {
      return this.of((inside.object as Record<string, unknown>)[key], inside);
    } catch {
      return this.took('<unreadable>'); // a getter that throws spoils its own field alone
    }
  }

  private said({ text, isPlain }: Described): string {
    this.isPlain &&= isPlain;
    return this.took(text);
  }

  private took(text: string): string {
    this.left -= text.length;
    return text;
  }
}

function restOf(count: number, unit: string): string {
  return count > 0 ? `...(${count} more ${unit})` : '';
}

function hasNoClass(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}

function isInside(value: object, inside: Inside | undefined): boolean {
  for (let each = inside; each; each = each.outer) if (each.object === value) return true;
  return false;
}
