import sharp, { type Metadata, type SharpOptions } from 'sharp';
import './image-loaders.js';
import { ImageError } from './image-error.js';
import { readableFormats, sniffImageFormat, type ImageFormat } from './image-format.js';
import type { RgbImage } from './ocr.types.js';

/** How large an image may be, by what its header says, before a pixel is decoded. */
export interface ImageLimits {
  /** Width x height. @default 40 000 000 (120 MB once decoded) */
  readonly maxPixels?: number;
  /** Longest side in pixels. @default 16 384 */
  readonly maxSidePx?: number;
}

type ResolvedLimits = Required<ImageLimits>;

/** Unsupported formats that people send often deserve to be told what to do. */
const advice: Partial<Record<ImageFormat, string>> = {
  heic: 'HEIC images (photos of an iPhone) are not supported. Convert the photo to JPEG, or set the camera to "Most Compatible".',
  bmp: 'BMP images are not supported. Convert the image to PNG.',
  pdf: 'PDF files are not supported. Send each page as a PNG or JPEG image.',
  svg: 'SVG images are not supported, whatever the name of the file. Send a PNG or JPEG image.',
};

/**
 * Turns the bytes of a picture into upright RGB pixels. The one place where hostile bytes meet native code, so everything is checked in order of cost:
 * length, first bytes, header, pixels.
 *
 * Handles EXIF orientation, CMYK, grey, 16 bits a channel, palettes and transparency; of an animation the first frame is taken.
 *
 * @throws ImageError `empty_file` (400), `too_many_pixels` (413), `unsupported_format` (415), `corrupt_image` (422)
 */
export async function decodeImage(bytes: Uint8Array, limits: ImageLimits = {}): Promise<RgbImage> {
  const { maxPixels = 40_000_000, maxSidePx = 16_384 } = limits;
  if (bytes.byteLength === 0) throw new ImageError('empty_file');
  assertReadable(sniffImageFormat(bytes));

  const input = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const options = inputOptions(maxPixels);
  try {
    const header = await sharp(input, options).metadata();
    assertSize(header, { maxPixels, maxSidePx });
    // A HEIF container of a neutral brand shows its codec only here.
    if (header.compression === 'hevc') assertReadable('heic');
    const background = header.hasAlpha ? await chooseBackground(input, options) : 'white';
    return await decodePixels(input, options, background);
  } catch (error) {
    throw toImageError(error, { maxPixels, maxSidePx });
  }
}

/**
 * `failOn: 'error'`: with 'none' half a JPEG is decoded silently. `sequentialRead`: rows are read once, from top to bottom.
 * `pages: 1` without `animated`: the first frame only.
 */
function inputOptions(maxPixels: number): SharpOptions {
  return { limitInputPixels: maxPixels, failOn: 'error', sequentialRead: true, pages: 1, animated: false };
}

function assertReadable(format: ImageFormat | undefined): void {
  if (format === undefined) throw new ImageError('unsupported_format');
  if (!readableFormats.has(format)) throw new ImageError('unsupported_format', { message: advice[format] });
}

function assertSize({ width, height }: Metadata, limits: ResolvedLimits): void {
  if (width * height > limits.maxPixels || Math.max(width, height) > limits.maxSidePx) throw tooManyPixels(limits);
}

async function decodePixels(input: Buffer, options: SharpOptions, background: string): Promise<RgbImage> {
  const { data, info } = await sharp(input, options)
    .autoOrient()
    .flatten({ background })
    .toColourspace('srgb')
    .removeAlpha()
    .raw({ depth: 'uchar' })
    .toBuffer({ resolveWithObject: true });
  return { data: toThreeChannels(data, info.channels), width: info.width, height: info.height };
}

/**
 * Transparent pictures are laid on white, but on black when most of the picture is clear and what is visible is bright: white writing made for a dark
 * page would vanish otherwise.
 */
async function chooseBackground(input: Buffer, options: SharpOptions): Promise<'white' | 'black'> {
  const { data, info } = await sharp(input, options)
    .resize(256, 256, { fit: 'inside', withoutEnlargement: true })
    .toColourspace('srgb')
    .ensureAlpha()
    .raw({ depth: 'uchar' })
    .toBuffer({ resolveWithObject: true });
  let clear = 0;
  let visible = 0;
  let brightness = 0;
  const [green, alpha] = info.channels === 4 ? [1, 3] : [0, 1];
  for (let i = 0; i < data.length; i += info.channels) {
    if (data[i + alpha] < 128) {
      clear++;
    } else {
      visible++;
      // Green alone is near enough to brightness to tell light writing from dark.
      brightness += data[i + green];
    }
  }
  return visible > 0 && clear > visible && brightness / visible > 160 ? 'black' : 'white';
}

/** A grey picture stays one channel through the conversion to sRGB. */
function toThreeChannels(data: Buffer, channels: number): Uint8Array {
  if (channels === 3) return data;
  if (channels !== 1) throw new Error(`expected 1 or 3 channels after the conversion to sRGB, got ${channels}`);
  const rgb = new Uint8Array(data.length * 3);
  for (let i = 0; i < data.length; i++) rgb.fill(data[i], i * 3, i * 3 + 3);
  return rgb;
}

/** sharp has no error codes: its words are all there is to tell a pixel bomb from a broken file. */
function toImageError(error: unknown, limits: ResolvedLimits): ImageError {
  if (error instanceof ImageError) return error;
  const message = error instanceof Error ? error.message : String(error);
  return /pixel limit|exceeds/i.test(message) ? tooManyPixels(limits, error) : new ImageError('corrupt_image', { cause: error });
}

function tooManyPixels({ maxPixels, maxSidePx }: ResolvedLimits, cause?: unknown): ImageError {
  const megapixels = Math.floor(maxPixels / 1e6);
  return new ImageError('too_many_pixels', {
    message: `The image has too many pixels: at most ${megapixels} megapixels and ${maxSidePx} pixels a side are allowed.`,
    cause,
  });
}
