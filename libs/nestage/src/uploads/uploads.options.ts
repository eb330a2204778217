import { array, checkOptions, integer, object, OptionError, typed } from '../common/option-checks.js';
import { megabytes } from '../common/size.js';
import type { FileType } from './file-type.js';
import { FILE_TYPES, type KnownFileType } from './file-types.js';
import type { UploadedFile } from './uploaded-file.js';

/** @publicApi */
export interface UploadOptions {
  /** Name of the form field, and of the DTO's. @default 'file' */
  readonly field?: string;
  /** Longest file in bytes; more is refused with 413 while it arrives. @default 10 MB */
  readonly maxBytes?: number;
  /** How many files the field may hold. With more than 1 the DTO's field is an array, also of one. @default 1 */
  readonly maxFiles?: number;
  /** A file of up to so many bytes is held in memory, a longer one in a temporary file. @default 1 MB */
  readonly memoryBytes?: number;
  /** Whether a body may also be the file itself, of an allowed media type, without a form around it. @default true */
  readonly raw?: boolean;
  /**
   * Whether the content is what it should be. A rejection refuses the file with 422 `corrupt_file`, its reason logged and not told; a
   * WebServiceError answers as what it is.
   */
  readonly decodes?: (file: UploadedFile, signal: AbortSignal) => unknown;
  /** What to do instead, by media type of files that are not taken: `{ 'application/pdf': 'Send each page as a PNG image.' }`. */
  readonly advice?: Readonly<Record<string, string>>;
}

/** @publicApi */
export interface FilesOptions extends UploadOptions {
  /** What is taken: media types of known files, or types of your own. */
  readonly types: readonly (KnownFileType | FileType)[];
}

/** Options with all defaults filled. @internal */
export interface ResolvedUploadOptions extends Required<Omit<UploadOptions, 'decodes'>> {
  readonly types: readonly FileType[];
  readonly decodes: UploadOptions['decodes'];
}

/** @throws OptionError naming the option, what it may be, and the function that it was given to @internal */
export function resolveUploadOptions(given: FilesOptions, place: string): ResolvedUploadOptions {
  checkOptions(given, CHECKS, place);
  return {
    field: given.field ?? 'file',
    maxBytes: given.maxBytes ?? megabytes(10),
    maxFiles: given.maxFiles ?? 1,
    memoryBytes: given.memoryBytes ?? megabytes(1),
    raw: given.raw ?? true,
    decodes: given.decodes,
    advice: given.advice ?? {},
    types: resolveTypes(given.types, place),
  };
}

const CHECKS = {
  field: {
    describe: 'the name of a field',
    accepts: (value: unknown) => typeof value === 'string' && /^[\w-]{1,100}$/.test(value) && value !== '__proto__',
  },
  maxBytes: integer(1),
  maxFiles: integer(1, 1000),
  memoryBytes: integer(0),
  raw: typed('boolean'),
  decodes: typed('function'),
  advice: object,
  types: { ...array, describe: 'a list of at least one type', accepts: (value: unknown) => Array.isArray(value) && value.length > 0 },
};

/** @throws OptionError for a name that is not known @internal */
export function resolveTypes(types: FilesOptions['types'], place: string): readonly FileType[] {
  return types.map((type) => knownType(type, place));
}

function knownType(type: KnownFileType | FileType, place: string): FileType {
  if (typeof type !== 'string') return type;
  const found = FILE_TYPES.find((known) => known.type === type);
  if (found) return found;
  throw new OptionError(
    `"types" names ${JSON.stringify(type)}, which is not known: give { type, extensions, matches } for it (set it in ${place}).`,
  );
}
