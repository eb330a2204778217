import { randomUUID } from 'node:crypto';
import { ValidationError } from '../core/errors/service-errors.js';
import { isRecord } from '../common/type-guards.js';

/** A body with its Content-Type. @internal */
export interface FormData {
  readonly contentType: string;
  readonly bytes: Buffer;
}

const LINE_END = '\r\n';
const MEDIA_TYPE = /^[\w.+-]+\/[\w.+-]+$/;
const BASE64 = /^[A-Za-z0-9+/]*={0,2}$/;

/**
 * Arguments of a tool as a form, so that files are received as any upload is: with the same limits, and known by their bytes.
 * @param files names of the fields that hold files
 * @throws ValidationError for a file that is not given as one
 * @see https://www.rfc-editor.org/rfc/rfc7578
 * @internal
 */
export function formDataOf(values: Readonly<Record<string, unknown>>, files: ReadonlySet<string>): FormData {
  const boundary = `nestage-${randomUUID()}`;
  const parts = Object.entries(values)
    .filter(([, value]) => value !== undefined && value !== null)
    .flatMap(([name, value]) => [value].flat().map((each) => (files.has(name) ? filePart(name, each) : textPart(name, each))));
  const framed = parts.flatMap((part) => [Buffer.from(`--${boundary}${LINE_END}`), ...part, Buffer.from(LINE_END)]);
  const bytes = Buffer.concat([...framed, Buffer.from(`--${boundary}--${LINE_END}`)]);
  return { contentType: `multipart/form-data; boundary=${boundary}`, bytes };
}

function textPart(name: string, value: unknown): readonly Buffer[] {
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  return [Buffer.from(head(`name="${escaped(name)}"`)), Buffer.from(text)];
}

function filePart(name: string, given: unknown): readonly Buffer[] {
  const { data, mimeType = 'application/octet-stream', filename = name } = isRecord(given) ? given : {};
  if (typeof data !== 'string' || data.length % 4 !== 0 || !BASE64.test(data))
    throw refused(`${name}.data`, 'must be the base64 of a file');
  if (typeof mimeType !== 'string' || !MEDIA_TYPE.test(mimeType)) throw refused(`${name}.mimeType`, 'must be a media type');
  if (typeof filename !== 'string') throw refused(`${name}.filename`, 'must be a string');
  const disposition = `name="${escaped(name)}"; filename="${escaped(filename)}"`;
  return [Buffer.from(head(disposition, `Content-Type: ${mimeType}${LINE_END}`)), Buffer.from(data, 'base64')];
}

const head = (disposition: string, type = ''): string => `Content-Disposition: form-data; ${disposition}${LINE_END}${type}${LINE_END}`;

/** As browsers write names in forms. */
const escaped = (text: string): string => text.replaceAll('"', '%22').replaceAll('\r', '%0D').replaceAll('\n', '%0A');

function refused(field: string, what: string): ValidationError {
  return new ValidationError(`${field} ${what}`, { fields: [{ field, messages: [`${field} ${what}`] }] });
}
