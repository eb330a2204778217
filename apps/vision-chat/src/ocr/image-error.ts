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

/** An {@link ImageError} as plain data: structured clone drops an error's own fields, so this is what crosses a thread boundary. */
export interface ImageFailure {
  readonly code: ImageErrorCode;
  readonly message: string;
  /** What the native decoder said. For logs only. */
  readonly reason?: string;
}

/** What may be added to an {@link ImageError}. */
export interface ImageErrorOptions {
  /** Words for the client. @default the sentence of the code */
  readonly message?: string;
  /** What the native decoder said; never shown to the client. */
  readonly cause?: unknown;
}

const brand = Symbol.for('vision-chat.image-error');

/**
 * A picture was refused: the client's mistake, not ours. Knows no framework, so that whoever answers the request decides how.
 *
 * `message` is safe to show to the client; what the decoder said is kept in `cause` and must not leave the process.
 */
export class ImageError extends Error {
  override readonly name = 'ImageError';
  readonly status: ImageErrorStatus;
  readonly [brand] = true;

  constructor(
    readonly code: ImageErrorCode,
    options: ImageErrorOptions = {},
  ) {
    super(options.message ?? catalogue[code].message, options.cause === undefined ? undefined : { cause: options.cause });
    this.status = catalogue[code].status;
  }

  /** Rebuilds the error on the other side of a thread boundary. */
  static fromFailure({ code, message, reason }: ImageFailure): ImageError {
    return new ImageError(code, { message, cause: reason === undefined ? undefined : new Error(reason) });
  }

  /** This error as plain data, see {@link ImageFailure}. */
  toFailure(): ImageFailure {
    const reason = this.cause instanceof Error ? this.cause.message : undefined;
    return reason === undefined ? { code: this.code, message: this.message } : { code: this.code, message: this.message, reason };
  }
}

/** Tells an {@link ImageError} by its brand, which also holds for one made by another copy of this module. */
export function isImageError(error: unknown): error is ImageError {
  return error instanceof Error && brand in error;
}
