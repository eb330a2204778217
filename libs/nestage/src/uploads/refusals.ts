import type { ErrorCode } from '../core/errors/error-catalogue.js';
import { ValidationError } from '../core/errors/service-errors.js';

type UploadErrorCode = Extract<
  ErrorCode,
  | 'invalid_form'
  | 'invalid_request'
  | 'missing_file'
  | 'too_many_files'
  | 'empty_file'
  | 'file_too_large'
  | 'unsupported_file'
  | 'corrupt_file'
>;

/**
 * A file, or a field of a form, that is not taken.
 * @param what completes the sentence that begins with the field's name
 * @internal
 */
export function refused(code: UploadErrorCode, field: string, what: string, cause?: unknown): ValidationError {
  return new ValidationError(`${field} ${what}`, { code, fields: [{ field, messages: [what] }], cause });
}

/** A form that can't be taken apart. @internal */
export const brokenForm = (cause: unknown): ValidationError =>
  new ValidationError('The body is not the multipart form that its content type says', { code: 'invalid_form', cause });

/** Bytes as people write them. @internal */
export function sizeText(bytes: number): string {
  if (bytes >= 1024 * 1024) return `${+(bytes / 1024 / 1024).toFixed(1)} MB`;
  return bytes >= 1024 ? `${+(bytes / 1024).toFixed(1)} KB` : `${bytes} bytes`;
}
