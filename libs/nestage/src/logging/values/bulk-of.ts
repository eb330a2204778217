import { types } from 'node:util';
import { classNameOf } from '../../common/class-name.js';
import { headOf } from './cut-text.js';
import { MAX_NAME_LENGTH } from './known-words.js';
import { maskSecrets } from './mask-secrets.js';

const MAX_PHRASE_LENGTH = 1000;

/** Objects shown by what they are, not by what they hold; `undefined` for all others. @internal */
export function bulkOf(value: object): string | undefined {
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

/** Name of an object's class, cut. @internal */
export const shownName = (value: object): string => headOf(classNameOf(value), MAX_NAME_LENGTH);

function phrase(text: string): string {
  return maskSecrets(headOf(text, MAX_PHRASE_LENGTH));
}

function isStream(value: object): boolean {
  const { pipe, [Symbol.asyncIterator]: iterate } = value as { pipe?: unknown; [Symbol.asyncIterator]?: unknown };
  return typeof iterate === 'function' || typeof pipe === 'function';
}
