import { headOf } from './cut-text.js';
import type { Described } from './described.js';
import { isSecretKey } from './mask-secrets.js';
import { isPlainText } from './plain-text.js';

/** Characters of a name that are shown. @internal */
export const MAX_NAME_LENGTH = 100;
const MAX_WORDS = 1000;

/** A name of few, with what is known of it. @internal */
export interface KnownWord extends Described {
  /** How it begins a field, the first of an object and any further one: as JSON, cut, with a colon. */
  readonly first: string;
  readonly further: string;
  /** Whether the value under this key is a secret. */
  readonly isSecret: boolean;
}

/**
 * Judges names that come again and again, each once: the keys of requests and results, handlers, content types. Keeps a bounded number
 * of them, since clients may send as many as they like.
 * @internal
 */
export class KnownWords {
  private readonly known = new Map<string, KnownWord>();

  of(text: string): KnownWord {
    return this.known.get(text) ?? this.learn(text);
  }

  private learn(text: string): KnownWord {
    const key = `${JSON.stringify(headOf(text, MAX_NAME_LENGTH))}:`;
    const word = { text, first: `{${key}`, further: `,${key}`, isPlain: isPlainText(text), isSecret: isSecretKey(text) };
    if (text.length > MAX_NAME_LENGTH) return word;
    if (this.known.size >= MAX_WORDS) this.known.clear();
    this.known.set(text, word);
    return word;
  }
}
