import type { Readable } from 'node:stream';
import busboy, { type Busboy, type FileInfo } from 'busboy';
import type { BodyIntake } from '../core/protocol/body-format.js';
import { receiveFile } from './receive-file.js';
import { brokenForm, refused, sizeText } from './refusals.js';
import type { UploadedFile } from './uploaded-file.js';
import type { ResolvedUploadOptions } from './uploads.options.js';

/** What a form holds. @internal */
export interface ReceivedForm {
  readonly files: readonly UploadedFile[];
  /** Texts by the name of their field; several of one name in the order in which they came. */
  readonly texts: ReadonlyMap<string, readonly string[]>;
}

/** Fields besides files that any form holds at most; more is an attack on the parser. */
const MAX_FIELDS = 100;
const MAX_FIELD_BYTES = 64 * 1024;
const MAX_NAME_LENGTH = 200;

/**
 * Takes a multipart form apart while it arrives.
 * @throws ValidationError `invalid_form`, `too_many_files`, `invalid_request`, and what a file is refused for
 * @see https://www.rfc-editor.org/rfc/rfc7578
 * @internal
 */
export async function readForm(body: Readable, intake: BodyIntake, options: ResolvedUploadOptions): Promise<ReceivedForm> {
  const parser = createParser(intake.contentType, options);
  const form = new FormReader(parser, intake, options);
  try {
    await new Promise<void>((resolve, reject) => {
      form.onRefusal = reject;
      body.once('error', reject);
      parser.on('error', (cause) => reject(brokenForm(cause)));
      parser.once('close', resolve); // after an error too, and means nothing then
      body.pipe(parser);
    });
    return await form.finish();
  } finally {
    body.unpipe(parser);
    parser.destroy();
    await form.settle(); // nothing is written any more once this has ended
  }
}

class FormReader {
  onRefusal: (error: unknown) => void = () => undefined;
  private readonly texts = new Map<string, string[]>();
  private readonly receiving: Promise<UploadedFile | undefined>[] = [];

  constructor(
    parser: Busboy,
    private readonly intake: BodyIntake,
    private readonly options: ResolvedUploadOptions,
  ) {
    const { field, maxFiles } = options;
    parser.on('file', (name: string | undefined, part, info) => {
      const received = this.file(name, part, info);
      received.catch((error: unknown) => this.refuse(error));
      this.receiving.push(received);
    });
    parser.on('field', (name: string | undefined, text, { valueTruncated }) => this.guarded(() => this.text(name, text, valueTruncated)));
    parser.on('filesLimit', () => this.refuse(refused('too_many_files', field, `may hold ${maxFiles} at most`)));
    parser.on('fieldsLimit', () => this.refuse(brokenForm(new Error(`more than ${MAX_FIELDS} fields`))));
    parser.on('partsLimit', () => this.refuse(brokenForm(new Error('too many parts'))));
  }

  async finish(): Promise<ReceivedForm> {
    const files = (await Promise.all(this.receiving)).filter((file) => file !== undefined);
    return { files, texts: this.texts };
  }

  async settle(): Promise<void> {
    await Promise.allSettled(this.receiving);
  }

  private async file(name: string | undefined, part: Readable, { filename, mimeType }: FileInfo): Promise<UploadedFile | undefined> {
    part.on('error', () => undefined); // met by whoever reads it, who may have left
    const { field, maxFiles } = this.options;
    if (name !== field) throw refused('invalid_request', shown(name), `is no field for files: send them as "${field}"`);
    const index = this.receiving.length;
    if (index >= maxFiles) throw refused('too_many_files', field, `may hold ${maxFiles} at most`);
    const label = maxFiles === 1 ? field : `${field}[${index}]`;
    const chunks = { [Symbol.asyncIterator]: () => part[Symbol.asyncIterator]() as AsyncIterator<Buffer> };
    try {
      return await receiveFile({ chunks, declaredType: mimeType, filename: filename || undefined, label }, this.options, this.intake);
    } catch (error) {
      // A form that was sent without choosing a file has a part for it, with neither name nor bytes.
      if (!filename && (error as { code?: unknown }).code === 'empty_file') return undefined;
      throw isOfStream(error, part) ? brokenForm(error) : error;
    }
  }

  private text(name: string | undefined, text: string, isTruncated: boolean): void {
    if (name === undefined || name === '__proto__') return; // a field without a name is of no use, and this one would be a prototype
    if (name.length > MAX_NAME_LENGTH) throw brokenForm(new Error('a field has a name that is too long'));
    if (isTruncated) throw refused('invalid_request', shown(name), `is longer than ${sizeText(MAX_FIELD_BYTES)}`);
    this.intake.hold(text.length);
    const others = this.texts.get(name);
    if (others) others.push(text);
    else this.texts.set(name, [text]);
  }

  private guarded(work: () => void): void {
    try {
      work();
    } catch (error) {
      this.refuse(error);
    }
  }

  private refuse(error: unknown): void {
    this.onRefusal(error);
  }
}

function createParser(contentType: string, { maxFiles }: ResolvedUploadOptions): Busboy {
  try {
    const limits = { files: maxFiles + 1, fields: MAX_FIELDS, parts: maxFiles + MAX_FIELDS + 2, fieldSize: MAX_FIELD_BYTES };
    return busboy({ headers: { 'content-type': contentType }, limits, defParamCharset: 'utf8' });
  } catch (error) {
    throw brokenForm(error); // a content type without a boundary
  }
}

/** Whether the form ended in the middle of a part, as opposed to what was met while reading it. */
function isOfStream(error: unknown, part: Readable): boolean {
  return error === part.errored || (error as { code?: unknown }).code === 'ERR_STREAM_PREMATURE_CLOSE';
}

const shown = (name = ''): string => name.slice(0, MAX_NAME_LENGTH) || 'a field without a name';
