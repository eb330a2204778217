import { ApiOkResponse } from '@nestjs/swagger';
import { megabytes, type StageContext, StageHandler } from 'nestage';
import { images } from 'nestage/uploads';
import { OcrModel, toServiceError } from '../ocr-model.js';
import type { OcrPage } from '../ocr/ocr.types.js';
import { cleanLine, cleanText } from './clean-text.js';
import { documentStep } from './document-step.js';
import { type DocumentPage, RecognizedDocument, RecognizeRequest, type StreamedLine } from './document.dto.js';
import { type Enhancement, enhancePage } from './enhance-page.js';
import { measurePage, openDocument, type OpenDocument } from './open-document.js';
import { PixelAdmission } from './pixel-admission.js';

const FIELD = 'file';

/** What is to be read, and how. */
interface DocumentOrder {
  readonly document: OpenDocument;
  readonly enhancements: readonly Enhancement[];
  readonly isStream: boolean;
}

/**
 * Reads an uploaded page, or the pages of a TIFF: the text, and each line with its place and certainty. Four steps, each told in the log
 * and failing by its own name: open, enhance (by option), recognise, clean.
 */
@StageHandler('/v1/documents/recognize', {
  request: RecognizeRequest,
  execution: 'queue',
  mcp: {
    name: 'recognize_document',
    description: 'Reads the text of a scanned page or a photo of a document: all of it, and each line with its place and certainty.',
    annotations: { title: 'Recognise a document', readOnlyHint: true, idempotentHint: true, openWorldHint: false },
  },
  upload: images({
    field: FIELD,
    maxBytes: megabytes(20),
    advice: {
      'application/pdf': 'Send each of its pages as a PNG, JPEG or TIFF image.',
      'image/heic': 'Convert the photo to JPEG, or set the camera to "Most Compatible".',
    },
  }),
})
export class RecognizeDocumentHandler {
  constructor(
    private readonly ocr: OcrModel,
    private readonly pixels: PixelAdmission,
  ) {}

  async preProcess({ file, stream, enhance = [] }: RecognizeRequest, context: StageContext): Promise<DocumentOrder> {
    const document = await documentStep('open', `${file.type} of ${file.size} bytes`, context, async () =>
      asClientError(async () => openDocument(await file.bytes(), file.type)),
    );
    return { document, enhancements: enhance, isStream: stream ?? wantsStream(context) };
  }

  @ApiOkResponse({ type: RecognizedDocument })
  async run(order: DocumentOrder, context: StageContext): Promise<readonly DocumentPage[] | AsyncIterable<StreamedLine>> {
    if (order.isStream) return linesOf(this.pages(order, context));
    const pages: DocumentPage[] = [];
    for await (const page of this.pages(order, context)) pages.push(page);
    return pages;
  }

  postProcess(result: readonly DocumentPage[] | StreamedLine): RecognizedDocument | StreamedLine {
    return 'confidence' in result ? result : documentOf(result);
  }

  /** One page after the other: each is there for the client as soon as it is read, and only one at a time is in memory. */
  private async *pages({ document, enhancements }: DocumentOrder, context: StageContext): AsyncGenerator<DocumentPage> {
    for (let index = 0; index < document.pageCount; index++) {
      const page = `page ${index + 1} of ${document.pageCount}`;
      context.signal.throwIfAborted();
      yield await this.page({ document, index, enhancements, name: page }, context);
    }
  }

  private async page(
    { document, index, enhancements, name }: { document: OpenDocument; index: number; enhancements: readonly Enhancement[]; name: string },
    context: StageContext,
  ): Promise<DocumentPage> {
    const isAsSent = document.pageCount === 1 && enhancements.length === 0;
    const size = isAsSent ? undefined : await asClientError(() => measurePage(document, index));
    const enhanced = size
      ? await documentStep('enhance', `${name} (${enhancements.join(', ') || 'as it is'})`, context, () =>
          asClientError(() => this.pixels.during(size.width * size.height, () => enhancePage(document, index, size, enhancements))),
        )
      : { file: document.file, toOriginal: (point: readonly [number, number]) => point };
    const read = await documentStep('recognise', name, context, () => this.ocr.read(enhanced.file, FIELD, context.signal));
    return documentStep('clean', name, context, () => clean(read, index + 1, enhanced.toOriginal, size ?? read));
  }
}

function clean(
  { text, lines }: OcrPage,
  page: number,
  toOriginal: (point: readonly [number, number]) => readonly [number, number],
  { width, height }: { readonly width: number; readonly height: number },
): DocumentPage {
  const cleaned = lines.map(({ text, confidence, box }) => ({
    text: cleanLine(text),
    confidence,
    box: box.map((point) => [...toOriginal(point)]),
  }));
  return { page, text: cleanText(text), lines: cleaned.filter((line) => line.text !== ''), width, height };
}

/** What is wrong with the picture is the client's matter; all else is ours. */
async function asClientError<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw toServiceError(error, FIELD);
  }
}

async function* linesOf(pages: AsyncIterable<DocumentPage>): AsyncGenerator<StreamedLine> {
  for await (const { page, lines } of pages) for (const { text, confidence, box } of lines) yield { page, text, confidence, box };
}

function documentOf(pages: readonly DocumentPage[]): RecognizedDocument {
  const [{ width, height }] = pages;
  const text = pages.map((page) => page.text).join('\n\n');
  const document = { text, lines: pages.flatMap(({ lines }) => lines), width, height };
  return pages.length > 1 ? { ...document, pages: [...pages] } : document;
}

function wantsStream({ headers: { accept } }: StageContext): boolean {
  return typeof accept === 'string' && /^\s*(?:text\/event-stream|application\/(?:x-)?ndjson)\b/i.test(accept);
}
