import { ByteScanner } from './byte-scanner.js';
import { brokenForm } from './refusals.js';

/** One part of a form. Its content must be read to its end before the next part is asked for. @internal */
export interface FormPart {
  readonly name: string | undefined;
  /** Without its folders; `undefined` where none is given, which makes a part a text. */
  readonly filename: string | undefined;
  /** The Content-Type header as sent; empty without one. */
  readonly contentType: string;
  readonly content: AsyncIterable<Buffer>;
}

const LINE_END = '\r\n';
const MAX_HEADER_BYTES = 16 * 1024;
/** White space that may stand after a boundary. */
const MAX_PADDING_BYTES = 128;

/**
 * The parts of a multipart form, one after the other, while it arrives. Strict: what is not a whole form is refused, so that a form means
 * the same here as to whoever checked it before.
 * @param body ended by an error of its own when it does not arrive whole
 * @throws ValidationError `invalid_form`
 * @see https://www.rfc-editor.org/rfc/rfc7578 and https://www.rfc-editor.org/rfc/rfc2046#section-5.1
 * @internal
 */
export async function* formParts(body: AsyncIterable<Buffer>, contentType: string): AsyncGenerator<FormPart, void, void> {
  const delimiter = Buffer.from(`${LINE_END}--${boundaryOf(contentType)}`, 'latin1');
  const scanner = new ByteScanner(body, Buffer.from(LINE_END)); // a form without a preamble begins with what ends its line
  try {
    await scanner.skip(delimiter);
    while ((await scanner.peek(2)) !== '--') {
      const padding = await scanner.text(LINE_END, MAX_PADDING_BYTES);
      if (!/^[ \t]*$/.test(padding)) throw brokenForm(new Error('a boundary goes on after its end'));
      scanner.unread(LINE_END); // a part without headers has but one end of line
      const headers = readHeaders(await scanner.text(LINE_END + LINE_END, MAX_HEADER_BYTES));
      yield { ...describe(headers), content: scanner.until(delimiter) };
    }
    await scanner.drain();
  } finally {
    await scanner.close();
  }
}

function boundaryOf(contentType: string): string {
  const [, quoted, plain] = /;\s*boundary\s*=\s*(?:"([^"]{1,70})"|([^\s;,"]{1,70})(?=[\s;,]|$))/i.exec(contentType) ?? [];
  const boundary = quoted ?? plain;
  if (boundary === undefined) throw brokenForm(new Error('the content type has no boundary of 1 to 70 characters'));
  return boundary;
}

function readHeaders(text: string): ReadonlyMap<string, string> {
  const headers = new Map<string, string>();
  for (const line of text.replace(/\r\n[ \t]+/g, ' ').split(LINE_END)) {
    if (line === '') continue;
    const colon = line.indexOf(':');
    if (colon < 1) throw brokenForm(new Error('a part has a header that is none'));
    headers.set(line.slice(0, colon).trim().toLowerCase(), line.slice(colon + 1).trim());
  }
  return headers;
}

function describe(headers: ReadonlyMap<string, string>): Omit<FormPart, 'content'> {
  const disposition = headers.get('content-disposition') ?? '';
  if (!/^form-data\s*(?:;|$)/i.test(disposition)) throw brokenForm(new Error('a part is not form-data'));
  const encoding = headers.get('content-transfer-encoding')?.toLowerCase() ?? 'binary';
  if (!['binary', '7bit', '8bit'].includes(encoding))
    throw brokenForm(new Error('a part has a transfer encoding, which forms must not have'));
  const parameters = parametersOf(disposition);
  const filename = extended(parameters.get('filename*')) ?? parameters.get('filename');
  return {
    name: parameters.get('name'),
    filename: filename === undefined ? undefined : filename.slice(Math.max(filename.lastIndexOf('/'), filename.lastIndexOf('\\')) + 1),
    contentType: headers.get('content-type') ?? '',
  };
}

/** Names in quotes hold escaped quotes, and backslashes of paths as they are. */
function parametersOf(text: string): ReadonlyMap<string, string> {
  const found = text.matchAll(/;\s*([\w!#$%&'*+.^`|~-]+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s;"]*))/g);
  return new Map([...found].map(([, name, quoted, plain]) => [name.toLowerCase(), quoted?.replace(/\\(["\\])/g, '$1') ?? plain]));
}

/** A value with its charset, by RFC 5987, which some clients send beside the plain one. */
function extended(value: string | undefined): string | undefined {
  const encoded = /^utf-8'[^']*'(.*)$/i.exec(value ?? '')?.[1];
  try {
    return encoded === undefined ? undefined : decodeURIComponent(encoded);
  } catch {
    return undefined; // not what it says: the plain one stands
  }
}
