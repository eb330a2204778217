import sharp, { type Metadata, type SharpOptions } from 'sharp';
import '../ocr/image-loaders.js';
import { ImageError } from '../ocr/image-error.js';

/** Pages of one document at most. */
const MAX_PAGES = 20;
const MAX_PIXELS = 40_000_000;
const MAX_SIDE_PX = 16_384;

/** A document as its header describes it: nothing of it is decoded yet. */
export interface OpenDocument {
  readonly file: Buffer;
  readonly type: string;
  readonly pageCount: number;
}

/** Size of an upright page. */
export interface PageSize {
  readonly width: number;
  readonly height: number;
}

/**
 * Looks at a file's header for the number of its pages: more than one in TIFF only, as the frames of an animation are no pages.
 * @throws ImageError `corrupt_image`, `too_many_pixels` for too many pages
 */
export async function openDocument(file: Buffer, type: string): Promise<OpenDocument> {
  if (type !== 'image/tiff') return { file, type, pageCount: 1 };
  const { pages = 1 } = await readHeader(file, 0);
  if (pages > MAX_PAGES) {
    throw new ImageError('too_many_pixels', { message: `The document has ${pages} pages: at most ${MAX_PAGES} are read at once.` });
  }
  return { file, type, pageCount: pages };
}

/**
 * Size of one page, from its header.
 * @throws ImageError `corrupt_image`, `too_many_pixels`
 */
export async function measurePage({ file }: OpenDocument, index: number): Promise<PageSize> {
  const { width, height } = (await readHeader(file, index)).autoOrient;
  if (width * height > MAX_PIXELS || Math.max(width, height) > MAX_SIDE_PX) {
    const message = `Page ${index + 1} has too many pixels: at most ${MAX_PIXELS / 1e6} megapixels and ${MAX_SIDE_PX} pixels a side are allowed.`;
    throw new ImageError('too_many_pixels', { message });
  }
  return { width, height };
}

/** Options by which a page is decoded: broken ones fail, and no other page is looked at. */
export function pageOptions(index: number): SharpOptions {
  return { page: index, pages: 1, limitInputPixels: MAX_PIXELS, failOn: 'error', sequentialRead: true };
}

async function readHeader(file: Buffer, index: number): Promise<Metadata> {
  try {
    return await sharp(file, { ...pageOptions(index), limitInputPixels: false }).metadata();
  } catch (cause) {
    throw new ImageError('corrupt_image', { cause });
  }
}
