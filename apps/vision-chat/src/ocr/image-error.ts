/** What can be wrong with a picture that a client sent, with the HTTP status that says so and the words the client may read. */
const catalogue = {
  empty_file: { status: 400, message: 'The file is empty.' },
  too_many_pixels: { status: 413, message: 'The image has too many pixels.' },
  unsupported_format: {
    status: 415,
    message: 'This image format is not supported. Send JPEG, PNG, WebP, GIF, TIFF or AVIF.',
  },
  corrupt_image: { status: 422, message: 'The image is corrupt or incomplete and cannot be decoded.' },
} as const;

/** Stable, machine-readable names of what can be wrong with a picture. */
export type ImageErrorCode = keyof typeof catalogue;

/** HTTP statuses an {@link ImageError} can carry. */
export type ImageErrorStatus = (typeof catalogue)[ImageErrorCode]['status'];

/** Every {@link ImageErrorCode}, for tables in tests and documents. */
export const imageErrorCodes = Object.keys(catalogue) as readonly ImageErrorCode[];

/** What may be added to an {@link ImageError}. */
export interface ImageErrorOptions {
  /** Words for the client. @default the sentence of the code */
  readonly message?: string;
  /** What the native decoder said; never shown to the client. */
  readonly cause?: unknown;
}

/**
 * A picture was refused: the client's mistake, not ours. Knows no framework, so that whoever answers the request decides how.
 *
 * `message` is safe to show to the client; what the decoder said is kept in `cause` and must not leave the process.
 */
export class ImageError extends Error {
  override readonly name = 'ImageError';
  readonly status: ImageErrorStatus;

  constructor(
    readonly code: ImageErrorCode,
    options: ImageErrorOptions = {},
  ) {
    super(options.message ?? catalogue[code].message, options.cause === undefined ? undefined : { cause: options.cause });
    this.status = catalogue[code].status;
  }
}

/** Tells an {@link ImageError} by its name, which also holds for one that has come from a thread. */
export function isImageError(error: unknown): error is ImageError {
  return error instanceof Error && error.name === 'ImageError';
}
