import { ValidationError } from '../core/errors/service-errors.js';

/** Bytes of a data URL with their declared media type, which a sender may have got wrong. @publicApi */
export interface DataUrl {
  readonly type: string;
  readonly bytes: Buffer;
}

const HEAD = /^data:([a-z0-9.+-]+\/[a-z0-9.+-]+)?((?:;[^;,]*)*),/i;
/** Looks for one character: a pattern over the whole text would need a stack as deep as a picture is long. */
const NOT_BASE64 = /[^A-Za-z0-9+/]/;
const NOT_BASE64_URL = /[^A-Za-z0-9_-]/;

/**
 * Reads a base64 data URL.
 * @param field where it stood in the request, for the error
 * @throws ValidationError for a text that is not a data URL, or whose base64 is broken; `empty_file` without bytes
 * @see https://www.rfc-editor.org/rfc/rfc2397
 * @publicApi
 */
export function readDataUrl(url: string, field: string): DataUrl {
  const head = HEAD.exec(url.slice(0, 256));
  if (!head) throw broken(field, /^https?:/i.test(url) ? REMOTE : 'must be a data URL such as data:image/png;base64,...');
  if (!/;base64$/i.test(head[2])) throw broken(field, 'must be a data URL in base64');
  const text = url.slice(head[0].length).replace(/\s/g, '');
  if (text === '')
    throw new ValidationError(`${field} holds no bytes`, { code: 'empty_file', fields: [{ field, messages: ['holds no bytes'] }] });
  if (!isBase64(text)) throw broken(field, 'holds broken base64');
  return { type: (head[1] ?? 'text/plain').toLowerCase(), bytes: Buffer.from(text, 'base64') };
}

function isBase64(text: string): boolean {
  const padding = text.endsWith('==') ? 2 : text.endsWith('=') ? 1 : 0;
  const digits = text.slice(0, text.length - padding);
  return digits !== '' && digits.length % 4 !== 1 && (!NOT_BASE64.test(digits) || !NOT_BASE64_URL.test(digits));
}

const REMOTE = 'must hold the image itself as a data URL (data:image/png;base64,...): remote addresses are not fetched';

function broken(field: string, what: string): ValidationError {
  return new ValidationError(`${field} ${what}`, { fields: [{ field, messages: [what] }] });
}
