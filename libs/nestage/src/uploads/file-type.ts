/** A kind of file: how it is told from others. @publicApi */
export interface FileType {
  /** Media type. */
  readonly type: string;
  /** What a person calls it, for refusals. @default the media type */
  readonly name?: string;
  /** Endings of file names, in lower case, without the dot. */
  readonly extensions: readonly string[];
  /** Further media types that senders declare for it. */
  readonly aliases?: readonly string[];
  /**
   * Whether a file of this kind begins like that.
   * @param head the first kilobyte, or the whole of a smaller file; not empty
   */
  matches(head: Buffer): boolean;
}

/** How much of a file is looked at to tell its kind. @internal */
export const HEAD_BYTES = 1024;
