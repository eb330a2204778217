import { headOf } from './cut-text.js';
import type { Described } from './described.js';
import { maskSecrets } from './mask-secrets.js';
import { isPlainText } from './plain-text.js';

/** A secret that begins before the cut must be recognised although it ends after it. */
const LOOK_BEYOND_THE_CUT = 512;
const SAMPLE_LENGTH = 512;
const MIN_BASE64_LENGTH = 256;

const DATA_SCHEME = /^data:/i;
const DATA_URL = /^data:([\w.+-]+\/[\w.+-]+)?(?:;[\w.+=-]+)*?(;base64)?,/i;
const DATA_URL_WITHIN = /data:([\w.+-]{1,64}\/[\w.+-]{1,64})(?:;[\w.+=-]{1,64}){0,4};base64,([\w+/=-]{16,})/gi;
const BASE64 = /^[A-Za-z0-9+/_\r\n-]+=*\s*$/;

/**
 * A string value as it stands in a log line: quoted, secrets masked, data URLs and base64 as kind and size, cut at about
 * `maxLength` with its whole length said. Looks at the part that is shown only.
 * @internal
 */
export function describeText(text: string, maxLength: number): Described {
  const bulk = bulkOf(text);
  return bulk === undefined ? shown(text, Math.max(0, maxLength)) : { text: bulk, isPlain: false };
}

/** `<data:image/png, 12345 bytes>` or `<base64, 12345 bytes>` for what nobody reads; `undefined` for a text. */
function bulkOf(text: string): string | undefined {
  const url = DATA_SCHEME.test(text) ? DATA_URL.exec(text.slice(0, SAMPLE_LENGTH)) : null;
  if (url) {
    const length = text.length - url[0].length;
    return `<data:${url.at(1) ?? 'text/plain'}, ${url.at(2) ? decodedLength(text, length) : length} bytes>`;
  }
  return isBase64Text(text) ? `<base64, ${decodedLength(text, text.length)} bytes>` : undefined;
}

/** Judged by its beginning and end: a text of one kind of letters only is none. */
function isBase64Text(text: string): boolean {
  if (text.length < MIN_BASE64_LENGTH) return false;
  const sample = text.slice(0, SAMPLE_LENGTH);
  return BASE64.test(sample) && BASE64.test(text.slice(-16)) && /[a-z]/.test(sample) && /[A-Z]/.test(sample) && /\d/.test(sample);
}

function decodedLength(text: string, length: number): number {
  const padding = /=*\s*$/.exec(text.slice(-4))?.[0].length ?? 0;
  return Math.max(0, Math.floor(((length - padding) * 3) / 4));
}

function shown(text: string, maxLength: number): Described {
  const visible = text.slice(0, maxLength + LOOK_BEYOND_THE_CUT);
  const isPlain = isPlainText(visible);
  const clear = isPlain ? withoutBulk(visible) : maskSecrets(withoutBulk(visible));
  const isWhole = visible.length === text.length && clear.length <= maxLength;
  const head = isWhole ? clear : headOf(clear, maxLength);
  const quoted = isPlain ? `"${head}"` : JSON.stringify(head);
  return { text: isWhole ? quoted : `${quoted}...(${text.length} characters)`, isPlain };
}

/** A text around data URLs; the size of one that the window cuts is not known. */
function withoutBulk(visible: string): string {
  if (visible.length < MIN_BASE64_LENGTH) return visible;
  return visible.replace(DATA_URL_WITHIN, (match, type: string, data: string, start: number) =>
    start + match.length === visible.length ? `<data:${type}>` : `<data:${type}, ${decodedLength(data, data.length)} bytes>`,
  );
}
