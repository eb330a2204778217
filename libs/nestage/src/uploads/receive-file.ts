import type { BodyIntake } from '../core/protocol/body-format.js';
import { checkClaims, checkType } from './check-type.js';
import { FileSink } from '../http/body/file-sink.js';
import { HEAD_BYTES } from './file-type.js';
import { refused, sizeText } from './refusals.js';
import { UploadedFile } from './uploaded-file.js';
import type { ResolvedUploadOptions } from './uploads.options.js';

/** A file on its way in. @internal */
export interface IncomingFile {
  readonly chunks: AsyncIterable<Buffer>;
  readonly declaredType: string;
  readonly filename: string | undefined;
  /** How the field is called in a refusal: `file`, or `pages[2]`. */
  readonly label: string;
}

/**
 * Takes one file in and checks it on the way: its type as soon as its head is there, its size while it arrives, and that it is not empty.
 * @throws ValidationError `unsupported_file`, `file_too_large`, `empty_file`; WebServiceError `overloaded`
 * @internal
 */
export async function receiveFile(incoming: IncomingFile, options: ResolvedUploadOptions, intake: BodyIntake): Promise<UploadedFile> {
  const { label, declaredType, filename } = incoming;
  const sink = new FileSink(intake, options.memoryBytes);
  let head = Buffer.alloc(0);
  let type: string | undefined;
  const decide = (): string => {
    const verdict = checkType(head, incoming, options.types, options.advice);
    if ('refusal' in verdict) throw refused('unsupported_file', label, verdict.refusal);
    return verdict.type.type;
  };
  for await (const chunk of incoming.chunks) {
    if (!type) {
      head = Buffer.concat([head, chunk.subarray(0, HEAD_BYTES - head.length)]);
      if (head.length === HEAD_BYTES) type = decide();
    }
    if (sink.size + chunk.length > options.maxBytes) {
      if (!type) decide(); // what it is comes before how long it is
      throw refused('file_too_large', label, `is longer than ${sizeText(options.maxBytes)}`);
    }
    await sink.add(chunk);
  }
  if (sink.size === 0) {
    const refusal = checkClaims(incoming, options.types);
    throw refusal ? refused('unsupported_file', label, refusal) : refused('empty_file', label, 'is empty');
  }
  type ??= decide();
  return new UploadedFile({ type, size: sink.size, declaredType, filename }, await sink.finish());
}
