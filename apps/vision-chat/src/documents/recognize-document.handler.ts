import { megabytes, type StageContext, StageHandler } from 'nestage';
import { FileRequest, images } from 'nestage/uploads';
import { OcrModel } from '../ocr-model.js';
import type { OcrPage } from '../ocr/ocr.types.js';
import { RecognizedDocument } from './document.dto.js';

/** Reads one uploaded page: its text, and each line with its place and certainty. */
@StageHandler('/v1/documents/recognize', {
  request: FileRequest,
  response: RecognizedDocument,
  upload: images({ field: 'file', maxBytes: megabytes(20) }),
})
export class RecognizeDocumentHandler {
  constructor(private readonly ocr: OcrModel) {}

  async run({ file }: FileRequest, { signal }: StageContext): Promise<OcrPage> {
    return this.ocr.read(await file.bytes(), 'file', signal);
  }

  postProcess({ text, lines, width, height }: OcrPage): RecognizedDocument {
    return {
      text,
      lines: lines.map(({ text, confidence, box }) => ({ text, confidence, box: box.map(([x, y]) => [x, y]) })),
      width,
      height,
    };
  }
}
