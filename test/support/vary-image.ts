import sharp, { type Sharp } from 'sharp';

/** The transforms that EXIF orientations 1 to 8 undo: what a camera held that way stores. */
const storedFor: readonly ((image: Sharp) => Sharp)[] = [
  (image) => image,
  (image) => image.flop(),
  (image) => image.rotate(180),
  (image) => image.flip(),
  // sharp mirrors before it turns, whatever the order of the calls.
  (image) => image.flop().rotate(270),
  (image) => image.rotate(270),
  (image) => image.flop().rotate(90),
  (image) => image.rotate(90),
];

/** The same picture as a camera would store it that was held in one of the eight ways (EXIF orientation 1 to 8): turned, with a note to turn it back. */
export async function withExifOrientation(png: Buffer, orientation: number, format: 'png' | 'jpeg' = 'png'): Promise<Buffer> {
  const stored = await storedFor[orientation - 1](sharp(png)).png().toBuffer();
  return sharp(stored).withMetadata({ orientation }).toFormat(format).toBuffer();
}

/** Ways to store or turn a picture that leave its text readable to a person. All take a PNG. */
export const imageVariants = {
  plain: async (png) => png,
  'rotated 90 degrees': (png) => sharp(png).rotate(90).png().toBuffer(),
  'rotated 180 degrees': (png) => sharp(png).rotate(180).png().toBuffer(),
  'rotated 270 degrees': (png) => sharp(png).rotate(270).png().toBuffer(),
  'turned by EXIF': (png) => withExifOrientation(png, 6, 'jpeg'),
  'CMYK JPEG': (png) => sharp(png).toColourspace('cmyk').jpeg({ quality: 90 }).toBuffer(),
  'progressive JPEG': (png) => sharp(png).jpeg({ quality: 85, progressive: true }).toBuffer(),
  'grey JPEG': (png) => sharp(png).greyscale().jpeg({ quality: 85 }).toBuffer(),
} as const satisfies Record<string, (png: Buffer) => Promise<Buffer>>;

/** Turns a page a little, as a hand lays it on a scanner. */
export async function skew(png: Buffer, degrees: number, background = '#ffffff'): Promise<Buffer> {
  return sharp(png).rotate(degrees, { background }).png().toBuffer();
}
