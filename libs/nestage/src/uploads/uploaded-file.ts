import { IsInstance } from 'class-validator';

/** One file that a client uploaded, held in memory; can be read any number of times. @publicApi */
export class UploadedFile {
  constructor(
    readonly bytes: Buffer,
    /** Media type as the client declared it, which says nothing of what the bytes are. */
    readonly declaredType: string,
    /** File name as the client gave it, without its folders; never to be used as a path. */
    readonly filename: string | undefined,
  ) {}
}

/** The body of a route that takes one file in the field `file`. @publicApi */
export class FileRequest {
  @IsInstance(UploadedFile)
  file: UploadedFile;
}
