import type { Readable } from 'node:stream';
import { IsInstance } from 'class-validator';
import { WHOLE_VALUE } from '../core/validation/whole-value.js';
import { type FileContent, MemoryContent } from '../http/body/file-content.js';

/** What is known of a file besides its bytes. @publicApi */
export interface UploadedFileFacts {
  /** Media type that its first bytes tell: one of those that the route allows. */
  readonly type: string;
  /** Bytes. */
  readonly size: number;
  /** Media type as the client declared it. @default the same */
  readonly declaredType?: string;
  /** File name as the client gave it, without its folders; never to be used as a path. */
  readonly filename?: string;
}

/**
 * One file that a client uploaded. It can be read any number of times, until its request is over; where its bytes are is not its
 * reader's concern.
 * @publicApi
 */
export class UploadedFile {
  readonly type: string;
  readonly size: number;
  readonly declaredType: string;
  readonly filename: string | undefined;
  readonly #content: FileContent;

  /** @internal */
  constructor({ type, size, declaredType = type, filename }: UploadedFileFacts, content: FileContent) {
    this.type = type;
    this.size = size;
    this.declaredType = declaredType;
    this.filename = filename;
    this.#content = content;
  }

  /** A file of bytes that are at hand, for tests and for callers other than HTTP. */
  static of(bytes: Uint8Array, facts: Partial<Omit<UploadedFileFacts, 'size'>> = {}): UploadedFile {
    const { buffer, byteOffset, byteLength } = bytes;
    const content = new MemoryContent(Buffer.from(buffer, byteOffset, byteLength));
    return new UploadedFile({ type: 'application/octet-stream', ...facts, size: byteLength }, content);
  }

  /** @internal */
  get [WHOLE_VALUE](): true {
    return true;
  }

  /**
   * All of it, in one Buffer that is the same at each call: to be read, not written to. A large file is loaded at the first call, and from
   * then on counts as held in memory.
   * @throws WebServiceError `overloaded` when bodies hold too much memory already; SystemError when the request is over
   */
  bytes(): Promise<Buffer> {
    return this.#content.bytes();
  }

  /** The bytes from the first one on, without loading a large file. @throws SystemError when the request is over */
  stream(): Readable {
    return this.#content.stream();
  }
}

/** The request of a route that takes one file in the field `file`, and nothing else. @publicApi */
export class FileRequest {
  @IsInstance(UploadedFile)
  file: UploadedFile;
}
