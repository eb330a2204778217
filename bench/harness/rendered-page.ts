import sharp from 'sharp';

/** A third of A4 at 150 dots an inch. */
export const PAGE = { width: 1240, height: 620 };
export const LINES = 12;

/** A page with lines of text, as a scanned letter has them; JPEG. */
export async function renderPage(number: number): Promise<Buffer> {
  const line = (index: number): string =>
    `Page ${number + 1}, line ${index + 1}: the quick brown fox jumps over the lazy dog ${index * 37}`;
  const text = Array.from({ length: LINES }, (_, index) => line(index)).join('\n');
  const rendered = await sharp({ text: { text, font: 'DejaVu Sans 22', dpi: 72, rgba: true, spacing: 14 } })
    .png()
    .toBuffer();
  return sharp({ create: { ...PAGE, channels: 3, background: 'white' } })
    .composite([{ input: rendered, left: 90, top: 40 }])
    .jpeg({ quality: 90 })
    .toBuffer();
}
