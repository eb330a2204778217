import type { Readable } from 'node:stream';
import type { BodyIntake } from '../core/protocol/body-format.js';
import { type FormPart, formParts } from './form-parts.js';
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

/** Fields besides files that any form holds at most; more is an attack. */
const MAX_FIELDS = 100;
const MAX_FIELD_BYTES = 64 * 1024;
const MAX_NAME_LENGTH = 200;

/**
 * Takes a multipart form apart while it arrives.
 * @throws ValidationError `invalid_form`, `too_many_files`, `invalid_request`, and what a file is refused for
 * @internal
 */
export async function readForm(body: Readable, intake: BodyIntake, options: ResolvedUploadOptions): Promise<ReceivedForm> {
  const form = new FormReader(intake, options);
  for await (const part of formParts(body as AsyncIterable<Buffer>, intake.contentType)) {
    if (form.isFile(part)) await form.file(part);
    else await form.text(part);
  }
  return form;
}

class FormReader implements ReceivedForm {
  readonly files: UploadedFile[] = [];
  readonly texts = new Map<string, string[]>();
  private fieldCount = 0;

  constructor(
    private readonly intake: BodyIntake,
    private readonly options: ResolvedUploadOptions,
  ) {}

  /** A file has a file name; in the field for files, a type that no text has will do. */
  isFile({ name, filename, contentType }: FormPart): boolean {
    return Boolean(filename) || (name === this.options.field && contentType !== '' && !/^text\/plain\b/i.test(contentType));
  }

  async file({ name, filename = '', contentType, content }: FormPart): Promise<void> {
    const { field, maxFiles } = this.options;
    if (name !== field) throw refused('invalid_request', shown(name), `is no field for files: send them as "${field}"`);
    const index = this.files.length;
    if (index >= maxFiles) throw refused('too_many_files', field, `may hold ${maxFiles} at most`);
    const label = maxFiles === 1 ? field : `${field}[${index}]`;
    const incoming = { chunks: content, declaredType: contentType, filename: filename || undefined, label };
    try {
      this.files.push(await receiveFile(incoming, this.options, this.intake));
    } catch (error) {
      // A form that was sent without choosing a file has a part for it, with neither name nor bytes.
      if (filename !== '' || (error as { code?: unknown }).code !== 'empty_file') throw error;
    }
  }

  async text({ name, filename, contentType, content }: FormPart): Promise<void> {
    if (++this.fieldCount > MAX_FIELDS) throw brokenForm(new Error(`more than ${MAX_FIELDS} fields`));
    if (name !== undefined && name.length > MAX_NAME_LENGTH) throw brokenForm(new Error('a field has a name that is too long'));
    const chunks: Buffer[] = [];
    let size = 0;
    for await (const chunk of content) {
      size += chunk.length;
      if (size > MAX_FIELD_BYTES) throw refused('invalid_request', shown(name), `is longer than ${sizeText(MAX_FIELD_BYTES)}`);
      this.intake.hold(chunk.length);
      chunks.push(Buffer.from(chunk)); // a copy: chunks are views of larger buffers
    }
    if (!name || name === '__proto__') return; // of no use, and a prototype
    if (filename === '' && size === 0 && name === this.options.field) return; // no file was chosen
    const text = decode(Buffer.concat(chunks, size), contentType);
    const others = this.texts.get(name);
    if (others) others.push(text);
    else this.texts.set(name, [text]);
  }
}

function decode(bytes: Buffer, contentType: string): string {
  const charset = /;\s*charset\s*=\s*"?([^\s;"]+)/i.exec(contentType)?.[1] ?? 'utf-8';
  try {
    return new TextDecoder(charset, { ignoreBOM: true }).decode(bytes);
  } catch (error) {
    throw brokenForm(error); // a charset that nobody knows
  }
}

const shown = (name = ''): string => name.slice(0, MAX_NAME_LENGTH) || 'a field without a name';
