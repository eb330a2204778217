/** Formats told apart by their first bytes. Only those in {@link readableFormats} are given to the decoder. */
export type ImageFormat = 'jpeg' | 'png' | 'webp' | 'gif' | 'tiff' | 'avif' | 'heic' | 'bmp' | 'pdf' | 'svg' | 'jxl' | 'jp2';

/** Formats the decoder reads. */
export const readableFormats: ReadonlySet<ImageFormat> = new Set<ImageFormat>(['jpeg', 'png', 'webp', 'gif', 'tiff', 'avif']);

/** First bytes of a file in Latin-1, so that one string compares text and binary signatures alike. */
type Head = string;

const signatures: readonly (readonly [ImageFormat, (head: Head) => boolean])[] = [
  ['jpeg', (head) => head.startsWith('\xff\xd8\xff')],
  ['png', (head) => head.startsWith('\x89PNG\r\n\x1a\n')],
  ['gif', (head) => head.startsWith('GIF87a') || head.startsWith('GIF89a')],
  ['webp', (head) => head.startsWith('RIFF') && head.startsWith('WEBP', 8)],
  ['tiff', (head) => ['II*\0', 'MM\0*', 'II+\0', 'MM\0+'].some((magic) => head.startsWith(magic))],
  ['avif', (head) => hasBrand(head, ['avif', 'avis'])],
  ['heic', (head) => hasBrand(head, ['heic', 'heix', 'heim', 'heis', 'hevc', 'hevx', 'mif1', 'msf1'])],
  ['bmp', (head) => head.startsWith('BM')],
  ['pdf', (head) => head.includes('%PDF-')],
  ['jxl', (head) => head.startsWith('\xff\x0a') || head.startsWith('\0\0\0\x0cJXL ')],
  ['jp2', (head) => head.startsWith('\0\0\0\x0cjP  ') || head.startsWith('\xff\x4f\xff\x51')],
  // Any mark-up: what starts with "<" can only be SVG, XML or HTML, and none of them is a picture to us.
  ['svg', (head) => /^(\xef\xbb\xbf)?\s*</.test(head)],
];

/**
 * Tells an image's format by its first bytes; a file's name and declared type are the sender's claim and are not asked.
 *
 * @returns `undefined` for anything unknown, text and compressed SVG included
 */
export function sniffImageFormat(bytes: Uint8Array): ImageFormat | undefined {
  const head = Buffer.from(bytes.buffer, bytes.byteOffset, Math.min(bytes.byteLength, 1024)).toString('latin1');
  return signatures.find(([, matches]) => matches(head))?.[0];
}

/** ISO base media files (HEIF, AVIF) name their major brand and compatible brands in the `ftyp` box: ISO/IEC 14496-12, 4.3. */
function hasBrand(head: Head, brands: readonly string[]): boolean {
  if (!head.startsWith('ftyp', 4)) return false;
  const boxLength = Math.min(Buffer.from(head.slice(0, 4), 'latin1').readUInt32BE(0), head.length);
  // The four characters after the major brand are its version.
  for (let at = 8; at + 4 <= boxLength; at += at === 8 ? 8 : 4) {
    if (brands.includes(head.slice(at, at + 4))) return true;
  }
  return false;
}
