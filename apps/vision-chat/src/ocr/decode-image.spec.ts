import sharp, { type Sharp } from 'sharp';
import { pngClaiming } from '../../../../test/support/hostile-images.js';
import { withExifOrientation } from '../../../../test/support/vary-image.js';
import { decodeImage } from './decode-image.js';
import type { ImageError } from './image-error.js';
import type { RgbImage } from './ocr.types.js';

type Rgb = readonly [number, number, number];

const [width, height] = [60, 40];
const quarters: readonly Rgb[] = [
  [200, 80, 80],
  [80, 180, 90],
  [70, 80, 180],
  [240, 240, 240],
];

/** A different colour in each quarter, so that no turn or mirroring goes unseen. */
async function picture(): Promise<Buffer> {
  const overlays = quarters.map(([r, g, b], i) => ({
    input: { create: { width: width / 2, height: height / 2, channels: 3 as const, background: { r, g, b } } },
    left: (i % 2) * (width / 2),
    top: Math.floor(i / 2) * (height / 2),
  }));
  const canvas = sharp({ create: { width, height, channels: 3, background: 'black' } });
  return canvas.composite(overlays).png().toBuffer();
}

function plain(background: { r: number; g: number; b: number; alpha: number }): Sharp {
  return sharp({ create: { width, height, channels: 4, background } });
}

function pixel(image: RgbImage, x: number, y: number): number[] {
  return [...image.data.subarray((y * image.width + x) * 3, (y * image.width + x) * 3 + 3)];
}

/** The middle of each quarter, as in {@link quarters}. */
function middles(image: RgbImage): number[][] {
  return [10, 30].flatMap((y) => [15, 45].map((x) => pixel(image, x, y)));
}

/** Largest difference of any channel from the picture that was drawn. */
function worstDifference(image: RgbImage): number {
  return Math.max(...middles(image).flatMap((found, i) => found.map((value, c) => Math.abs(value - quarters[i][c]))));
}

async function refusal(bytes: Uint8Array): Promise<ImageError> {
  return decodeImage(bytes).then(
    () => Promise.reject(new Error('the image was decoded')),
    (error: ImageError) => error,
  );
}

describe('decodeImage', () => {
  it('gives three bytes a pixel, row by row', async () => {
    const image = await decodeImage(await picture());
    expect([image.width, image.height, image.data.length]).toEqual([width, height, width * height * 3]);
    expect(middles(image)).toEqual(quarters);
  });

  it.each([1, 2, 3, 4, 5, 6, 7, 8])('gives the same pixels for EXIF orientation %d', async (orientation) => {
    const image = await decodeImage(await withExifOrientation(await picture(), orientation));
    expect([image.width, image.height]).toEqual([width, height]);
    expect(middles(image)).toEqual(quarters);
  });

  it.each([
    ['JPEG', 12, (image: Sharp) => image.jpeg({ quality: 95 })],
    ['progressive JPEG', 12, (image: Sharp) => image.jpeg({ quality: 95, progressive: true })],
    // Not every colour of a screen has its counterpart in ink.
    ['CMYK JPEG', 50, (image: Sharp) => image.toColourspace('cmyk').jpeg({ quality: 95 })],
    ['CMYK TIFF', 50, (image: Sharp) => image.toColourspace('cmyk').tiff()],
    ['16-bit PNG', 3, (image: Sharp) => image.toColourspace('rgb16').png()],
    ['palette PNG', 12, (image: Sharp) => image.png({ palette: true })],
    ['WebP', 12, (image: Sharp) => image.webp({ quality: 95 })],
    ['GIF', 12, (image: Sharp) => image.gif()],
    ['TIFF', 0, (image: Sharp) => image.tiff({ compression: 'lzw' })],
    ['AVIF', 20, (image: Sharp) => image.avif({ quality: 90 })],
  ])('reads %s', async (_name, tolerance, store) => {
    const image = await decodeImage(await store(sharp(await picture())).toBuffer());
    expect([image.width, image.height, image.data.length]).toEqual([width, height, width * height * 3]);
    expect(worstDifference(image)).toBeLessThanOrEqual(tolerance);
  });

  it.each([
    ['grey JPEG', (image: Sharp) => image.greyscale().jpeg()],
    ['grey PNG', (image: Sharp) => image.greyscale().png()],
    ['16-bit grey PNG', (image: Sharp) => image.greyscale().toColourspace('grey16').png()],
  ])('makes three equal channels of %s', async (_name, store) => {
    const image = await decodeImage(await store(sharp(await picture())).toBuffer());
    expect(image.data).toHaveLength(width * height * 3);
    for (const [r, g, b] of middles(image)) expect([g, b]).toEqual([r, r]);
    expect(pixel(image, 45, 30)[0]).toBeGreaterThan(230);
  });

  it('lays dark writing on a clear ground on white, and bright writing on black', async () => {
    const on = async (level: number): Promise<number[]> => {
      const ink = await sharp({ create: { width: 10, height: 10, channels: 3, background: { r: level, g: level, b: level } } })
        .png()
        .toBuffer();
      const image = await plain({ r: 0, g: 0, b: 0, alpha: 0 })
        .composite([{ input: ink, left: 5, top: 5 }])
        .png()
        .toBuffer();
      const decoded = await decodeImage(image);
      return [pixel(decoded, 50, 30)[0], pixel(decoded, 8, 8)[0]];
    };
    expect(await on(10)).toEqual([255, 10]);
    expect(await on(250)).toEqual([0, 250]);
  });

  it('lays a grey picture with a clear ground on black when its writing is bright', async () => {
    const grey = await plain({ r: 0, g: 0, b: 0, alpha: 0 })
      .composite([{ input: await plain({ r: 240, g: 240, b: 240, alpha: 1 }).resize(10, 10).png().toBuffer(), left: 5, top: 5 }])
      .toColourspace('b-w')
      .png()
      .toBuffer();
    expect(pixel(await decodeImage(grey), 50, 30)).toEqual([0, 0, 0]);
  });

  it('takes the first frame of an animation', async () => {
    const second = await plain({ r: 0, g: 0, b: 0, alpha: 1 }).png().toBuffer();
    const animation = await sharp([await picture(), second], { join: { animated: true } })
      .gif()
      .toBuffer();
    const image = await decodeImage(animation);
    expect([image.width, image.height]).toEqual([width, height]);
    expect(worstDifference(image)).toBeLessThanOrEqual(12);
  });

  it('reads a view of a larger buffer, and leaves it as it was', async () => {
    const png = await picture();
    const pool = new Uint8Array(png.length + 20).fill(7);
    pool.set(png, 10);
    const before = pool.slice();
    expect(middles(await decodeImage(pool.subarray(10, 10 + png.length)))).toEqual(quarters);
    expect(pool).toEqual(before);
  });

  it('refuses an empty file with 400', async () => {
    expect(await refusal(new Uint8Array(0))).toMatchObject({ code: 'empty_file', status: 400 });
  });

  it.each([
    ['PNG', (image: Sharp) => image.png()],
    ['JPEG', (image: Sharp) => image.jpeg()],
    ['progressive JPEG', (image: Sharp) => image.jpeg({ progressive: true })],
    ['WebP', (image: Sharp) => image.webp()],
    ['GIF', (image: Sharp) => image.gif()],
    ['TIFF', (image: Sharp) => image.tiff()],
  ])('refuses a truncated %s with 422', async (_name, store) => {
    const noise = sharp({
      create: { width: 300, height: 300, channels: 3, background: 'black', noise: { type: 'gaussian', mean: 128, sigma: 60 } },
    });
    const bytes = await store(noise).toBuffer();
    for (const share of [0.02, 0.5, 0.9]) {
      const error = await refusal(bytes.subarray(0, Math.ceil(bytes.length * share)));
      expect(error).toMatchObject({ code: 'corrupt_image', status: 422 });
    }
  });

  it('keeps what the decoder said as the cause, out of the message', async () => {
    const error = await refusal(Buffer.from('\x89PNG\r\n\x1a\nnonsense', 'latin1'));
    expect(error.message).toBe('The image is corrupt or incomplete and cannot be decoded.');
    expect(error.cause).toBeInstanceOf(Error);
  });

  it.each([
    ['a pixel bomb', 20_000, 20_000],
    ['an endless strip', 100_000, 10],
  ])('refuses %s with 413 from its header', async (_name, claimedWidth, claimedHeight) => {
    const error = await refusal(pngClaiming(claimedWidth, claimedHeight));
    expect(error).toMatchObject({ code: 'too_many_pixels', status: 413 });
    expect(error.message).toContain('40 megapixels');
  });

  it('takes its limits from the caller', async () => {
    const png = await picture();
    await expect(decodeImage(png, { maxPixels: 1000 })).rejects.toMatchObject({ code: 'too_many_pixels' });
    await expect(decodeImage(png, { maxSidePx: 59 })).rejects.toMatchObject({ code: 'too_many_pixels' });
    await expect(decodeImage(png, { maxPixels: 2400, maxSidePx: 60 })).resolves.toMatchObject({ width });
  });

  const svg = '<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"><rect width="9" height="9"/></svg>';
  it.each([
    ['SVG named .png', svg, /SVG/],
    ['SVG with a prologue', `\ufeff<?xml version="1.0"?>\n<!DOCTYPE svg [<!ENTITY x SYSTEM "file:///etc/hosts">]>${svg}`, /SVG/],
    ['HEIC', '\0\0\0\x18ftypheic\0\0\0\0mif1heic', /HEIC.*JPEG/],
    ['HEIC of a neutral brand', '\0\0\0\x18ftypmif1\0\0\0\0mif1heic', /HEIC.*JPEG/],
    ['BMP', 'BM\x36\0\0\0\0\0\0\0', /BMP/],
    ['PDF', '%PDF-1.7\n%\xe2\xe3', /PDF/],
    ['text', 'hello, I am a picture', /JPEG, PNG/],
    ['a few bytes', '\x89PN', /JPEG, PNG/],
  ])('refuses %s with 415 and says why', async (_name, content, why) => {
    const error = await refusal(Buffer.from(content, content.startsWith('\ufeff') ? 'utf8' : 'latin1'));
    expect(error).toMatchObject({ code: 'unsupported_format', status: 415, message: expect.stringMatching(why) });
  });

  it('has shut the loader for SVG itself, should the first bytes ever deceive', async () => {
    await expect(sharp(Buffer.from(svg)).png().toBuffer()).rejects.toThrow('unsupported image format');
  });
});
