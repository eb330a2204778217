import sharp from 'sharp';
import { ImageError } from '../ocr/image-error.js';
import type { Point } from '../ocr/ocr.types.js';
import { findSkew } from './find-skew.js';
import { type OpenDocument, type PageSize, pageOptions } from './open-document.js';

/** What may be done to a page before it is read. */
export const ENHANCEMENTS = ['deskew', 'contrast'] as const;

/** @see ENHANCEMENTS */
export type Enhancement = (typeof ENHANCEMENTS)[number];

/** A page as it is read. */
export interface EnhancedPage {
  readonly file: Buffer;
  /** By how much it was turned clockwise, in degrees. */
  readonly turnedBy: number;
  /** From the page as it is read to the upright page as it was sent. */
  readonly toOriginal: (point: Point) => Point;
}

/** Side of the small copy in which a page's slant is looked for. */
const SKETCH_PX = 700;

/**
 * Takes one page out of its document, upright, and makes it easier to read. A picture of one page to which nothing is to be done is handed
 * on as it was sent.
 * @throws ImageError `corrupt_image`
 */
export async function enhancePage(
  document: OpenDocument,
  index: number,
  size: PageSize,
  enhancements: readonly Enhancement[],
): Promise<EnhancedPage> {
  if (document.pageCount === 1 && enhancements.length === 0) return { file: document.file, turnedBy: 0, toOriginal: (point) => point };
  const angle = enhancements.includes('deskew') ? -(await skewOf(document, index)) : 0;
  const upright = sharp(document.file, pageOptions(index))
    .autoOrient()
    .flatten({ background: 'white' })
    .toColourspace('srgb')
    .removeAlpha();
  const contrasted = enhancements.includes('contrast') ? upright.normalise({ lower: 1, upper: 99 }) : upright;
  const turned = angle === 0 ? contrasted : contrasted.rotate(angle, { background: 'white' });
  const { data, info } = await decoding(turned.png({ compressionLevel: 1 }).toBuffer({ resolveWithObject: true }));
  return { file: data, turnedBy: angle, toOriginal: turnBack(angle, info, size) };
}

async function skewOf({ file }: OpenDocument, index: number): Promise<number> {
  const sketch = sharp(file, pageOptions(index))
    .autoOrient()
    .flatten({ background: 'white' })
    .resize(SKETCH_PX, SKETCH_PX, { fit: 'inside', withoutEnlargement: true })
    .greyscale()
    .toColourspace('b-w')
    .normalise()
    .raw({ depth: 'uchar' });
  const { data, info } = await decoding(sketch.toBuffer({ resolveWithObject: true }));
  return findSkew({ data, width: info.width, height: info.height, step: info.channels });
}

/** A page is turned about its middle, and its canvas grows. */
function turnBack(degrees: number, from: PageSize, to: PageSize): (point: Point) => Point {
  const [sin, cos] = [Math.sin((degrees * Math.PI) / 180), Math.cos((degrees * Math.PI) / 180)];
  return ([x, y]) => {
    const [dx, dy] = [x - from.width / 2, y - from.height / 2];
    return [Math.round(dx * cos + dy * sin + to.width / 2), Math.round(dy * cos - dx * sin + to.height / 2)];
  };
}

/** Whatever a decoder fails with is the file's fault. */
async function decoding<T>(work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (cause) {
    throw new ImageError('corrupt_image', { cause });
  }
}
