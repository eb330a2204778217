import type { Readable } from 'node:stream';
import type { Type } from '@nestjs/common';
import { getMetadataStorage, IsArray, IsInstance } from 'class-validator';
import { kilobytes, megabytes } from '../common/size.js';
import type { ValidationError } from '../core/errors/service-errors.js';
import { isWebServiceError } from '../core/errors/web-service.error.js';
import type { BodyIntake, StreamedBodyFormat } from '../core/protocol/body-format.js';
import { describeForm } from './describe-form.js';
import { IMAGE_TYPES } from './file-types.js';
import { readForm, type ReceivedForm } from './read-form.js';
import { receiveFile } from './receive-file.js';
import { refused } from './refusals.js';
import { UploadedFile } from './uploaded-file.js';
import { type FilesOptions, type ResolvedUploadOptions, resolveUploadOptions, type UploadOptions } from './uploads.options.js';

/**
 * Files as the body of a route: a multipart form whose files and other fields become one DTO, or the file alone. Each file is checked in
 * this order: that it is there, what it is (by its bytes, which its name and declared type must not contradict), how long it is, while it
 * arrives, that it is not empty, and that it decodes.
 *
 * @throws OptionError for a bad option
 * @example
 * ```ts
 * @StageHandler('/v1/tables', { request: TableRequest, upload: files({ types: ['text/csv', 'application/json'], maxFiles: 5 }) })
 * ```
 * @publicApi
 */
export function files(options: FilesOptions): StreamedBodyFormat {
  return uploadFormat(resolveUploadOptions(options, 'files()'));
}

/**
 * Pictures as the body of a route: `files()` for JPEG, PNG, WebP, GIF, TIFF and AVIF.
 *
 * @throws OptionError for a bad option
 * @example
 * ```ts
 * @StageHandler('/v1/pages', { upload: images({ field: 'page', maxBytes: megabytes(20) }) })
 * ```
 * @publicApi
 */
export function images(options: UploadOptions & Partial<Pick<FilesOptions, 'types'>> = {}): StreamedBodyFormat {
  return uploadFormat(resolveUploadOptions({ types: IMAGE_TYPES, ...options }, 'images()'));
}

const FORM = 'multipart/form-data';

function uploadFormat(options: ResolvedUploadOptions): StreamedBodyFormat {
  const { field, maxFiles, maxBytes, raw, types } = options;
  const rawTypes = raw ? [...types.flatMap(({ type, aliases = [] }) => [type, ...aliases]), 'application/octet-stream'] : [];
  return {
    name: 'upload',
    mediaTypes: [FORM, ...rawTypes],
    // What stands around the files of a form: fields, part headers, boundaries.
    maxBytes: maxFiles * (maxBytes + kilobytes(16)) + megabytes(1),
    request: requestClass(options),
    hasTextValues: true,
    refuseAbsent: () => missing(options),
    describe: (request) => describeForm(request, options),
    requestFault: ({ name, prototype }) =>
      hasRule(prototype as object, field)
        ? undefined
        : `takes files as "${field}", which ${name} has no rule for: put @IsInstance(UploadedFile${maxFiles === 1 ? '' : ', { each: true }'}) on that field.`,
    async read(body, intake) {
      const isForm = intake.contentType.trim().toLowerCase().startsWith(FORM);
      const { files, texts } = isForm ? await readForm(body, intake, options) : await readAlone(body, intake, options);
      if (files.length === 0) throw missing(options, texts.has(field));
      await checkDecoding(files, options, intake);
      const values = [...texts].map(([name, [first, ...rest]]) => [name, rest.length > 0 ? [first, ...rest] : first] as const);
      return { ...Object.fromEntries(values), [field]: maxFiles === 1 ? files[0] : files };
    },
  };
}

/** A field without any rule is dropped with all else that is not declared. */
function hasRule({ constructor }: object, field: string): boolean {
  const rules = getMetadataStorage().getTargetValidationMetadatas(constructor, '', false, false);
  return rules.some(({ propertyName }) => propertyName === field);
}

async function readAlone(body: Readable, intake: BodyIntake, options: ResolvedUploadOptions): Promise<ReceivedForm> {
  const incoming = { chunks: body as AsyncIterable<Buffer>, declaredType: intake.contentType, filename: undefined, label: options.field };
  return { files: [await receiveFile(incoming, options, intake)], texts: new Map() };
}

async function checkDecoding(
  received: readonly UploadedFile[],
  { decodes, field, maxFiles }: ResolvedUploadOptions,
  intake: BodyIntake,
): Promise<void> {
  if (!decodes) return;
  for (const [index, file] of received.entries()) {
    try {
      await decodes(file, intake.signal);
    } catch (error) {
      if (isWebServiceError(error)) throw error;
      throw refused(
        'corrupt_file',
        maxFiles === 1 ? field : `${field}[${index}]`,
        'is corrupt or incomplete and can not be decoded',
        error,
      );
    }
  }
}

function missing({ field, maxFiles }: ResolvedUploadOptions, isText = false): ValidationError {
  if (isText) return refused('missing_file', field, 'is a text and not a file: send it as a part with a file name');
  return refused('missing_file', field, `is missing: send ${maxFiles === 1 ? 'a file' : 'files'} in the form field "${field}"`);
}

/** The DTO of a handler that names none: the files alone. */
function requestClass({ field, maxFiles }: ResolvedUploadOptions): Type {
  class UploadRequest {}
  if (maxFiles > 1) IsArray()(UploadRequest.prototype, field);
  IsInstance(UploadedFile, { each: maxFiles > 1 })(UploadRequest.prototype, field);
  return UploadRequest;
}
