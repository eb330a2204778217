/** Why a pool could not read a picture, though nothing is wrong with the picture. */
export type OcrPoolErrorCode = 'not_started' | 'queue_full' | 'worker_failed' | 'stopped';

/** The pool's own trouble, as opposed to an {@link ImageError}, which is the client's. */
export class OcrPoolError extends Error {
  override readonly name = 'OcrPoolError';

  constructor(
    readonly code: OcrPoolErrorCode,
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}
