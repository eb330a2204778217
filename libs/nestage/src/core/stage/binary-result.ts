import { Readable } from 'node:stream';

/** @publicApi */
export interface BinaryResultOptions {
  /** Media type of the reply. @default 'application/octet-stream' */
  readonly type?: string;
  /** Name offered to whoever saves the reply; gives `Content-Disposition: attachment`. */
  readonly filename?: string;
}

/** Bytes that a stage may return as they are: the reply is these bytes and no JSON. @publicApi */
export type BinaryData = Buffer | Uint8Array | Readable;

/**
 * Bytes with a media type and, if wanted, a file name.
 *
 * @example return new BinaryResult(png, { type: 'image/png', filename: 'page.png' });
 * @publicApi
 */
export class BinaryResult {
  readonly type: string;
  readonly filename: string | undefined;

  constructor(
    readonly data: BinaryData,
    options: BinaryResultOptions = {},
  ) {
    this.type = options.type ?? 'application/octet-stream';
    this.filename = options.filename;
  }
}

/** The bytes of a result, if bytes are what it is. @internal */
export function toBinaryResult(value: unknown): BinaryResult | undefined {
  if (value instanceof BinaryResult) return value;
  if (value instanceof Uint8Array || value instanceof Readable) return new BinaryResult(value);
  return undefined;
}
