import { Readable } from 'node:stream';
import busboy from 'busboy';
import { ValidationError } from '../core/errors/service-errors.js';
import type { BodyFormat } from '../core/protocol/body-format.js';
import { UploadedFile } from './uploaded-file.js';

/** @publicApi */
export interface SingleFileOptions {
  /** Name of the form field. @default 'file' */
  readonly field?: string;
}

/**
 * A `multipart/form-data` body with exactly one file in one field, as `{ [field]: UploadedFile }`. Its size is bounded by the route's
 * `maxBodyBytes` while it arrives.
 * @publicApi
 */
export function singleFile({ field = 'file' }: SingleFileOptions = {}): BodyFormat {
  return {
    name: 'multipart',
    mediaTypes: ['multipart/form-data'],
    async parse(bytes, contentType) {
      const files = await readFiles(bytes, contentType);
      const file = files.find((each) => each.field === field)?.file;
      if (!file) throw refused('missing_file', field, `is missing: send one file in the form field "${field}"`);
      if (files.length > 1) throw refused('invalid_request', field, `must be the only file, got ${files.length}`);
      if (file.bytes.length === 0) throw refused('empty_file', field, 'is empty');
      return { [field]: file };
    },
  };
}

interface ReceivedFile {
  readonly field: string;
  readonly file: UploadedFile;
}

/** Parts that any form holds at most; more is an attack on the parser. */
const LIMITS = { files: 10, fields: 100, parts: 110, headerPairs: 100, fieldNameSize: 200, fieldSize: 64 * 1024 };

function readFiles(bytes: Buffer, contentType: string): Promise<ReceivedFile[]> {
  return new Promise((resolve, reject) => {
    const files: ReceivedFile[] = [];
    const fail = (cause: unknown): void => reject(new ValidationError('The multipart body can not be read', { cause }));
    try {
      const parser = busboy({ headers: { 'content-type': contentType }, limits: LIMITS, defParamCharset: 'utf8' });
      parser.on('file', (field, stream, { filename, mimeType }) => {
        const chunks: Buffer[] = [];
        stream.on('data', (chunk: Buffer) => chunks.push(chunk));
        stream.on('error', fail);
        stream.on('end', () => files.push({ field, file: new UploadedFile(Buffer.concat(chunks), mimeType, filename || undefined) }));
      });
      for (const limit of ['filesLimit', 'fieldsLimit', 'partsLimit'] as const) parser.on(limit, () => fail(new Error(limit)));
      parser.on('error', fail);
      parser.on('close', () => resolve(files));
      Readable.from([bytes]).pipe(parser);
    } catch (error) {
      fail(error); // a content type without a boundary
    }
  });
}

function refused(code: 'missing_file' | 'empty_file' | 'invalid_request', field: string, what: string): ValidationError {
  return new ValidationError(`${field} ${what}`, { code, fields: [{ field, messages: [what] }] });
}
