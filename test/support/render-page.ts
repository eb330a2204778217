import sharp, { type OverlayOptions } from 'sharp';
import { seededRandom, type SeededRandom } from './seeded-random.js';
import { chineseWords, englishWords } from './words.js';

/** What a page is to look like. */
export interface PageOptions {
  /** The same seed gives the same page. */
  readonly seed: number;
  readonly language: 'en' | 'zh';
  /** @default 12 */
  readonly wordCount?: number;
  /** Height of the letters' em square. @default by chance, 20 to 36 */
  readonly fontSizePx?: number;
  /** Light writing on a dark page. @default false */
  readonly dark?: boolean;
  /** @default by chance, one that prepare.mjs makes sure of */
  readonly font?: string;
}

/** A page of text and what it says. */
export interface RenderedPage {
  readonly png: Buffer;
  /** Lines separated by line feeds, words by spaces. */
  readonly text: string;
}

const fonts = { en: ['DejaVu Sans', 'DejaVu Serif', 'DejaVu Sans Mono', 'DejaVu Sans Bold'], zh: ['WenQuanYi Zen Hei'] } as const;
const wordsPerLine = { en: 3, zh: 4 } as const;

/**
 * Draws a page of random words, three or four a line, on a margin.
 *
 * Text is drawn by Pango through sharp's text input, which needs no image loader but PNG: this works in the same process as an application that has
 * switched off the loader for SVG.
 */
export async function renderPage(options: PageOptions): Promise<RenderedPage> {
  const { language, wordCount = 12, dark = false } = options;
  const random = seededRandom(options.seed);
  const fontSizePx = options.fontSizePx ?? random.integer(20, 36);
  const font = options.font ?? random.pick(fonts[language]);
  const lines = randomLines(random, language, wordCount);
  const [ink, paper] = dark ? ['#e8e8e8', '#1c1c22'] : ['#1a1a1a', '#ffffff'];

  const margin = Math.round(fontSizePx * 1.5);
  const overlays: OverlayOptions[] = [];
  let top = margin;
  let right = 0;
  for (const line of lines) {
    const { data, width, height } = await renderText(line, `${font} ${fontSizePx}`, ink);
    const left = margin + random.integer(0, fontSizePx * 2);
    overlays.push({ input: data, left, top });
    right = Math.max(right, left + width);
    top += Math.max(height, Math.round(fontSizePx * 1.2)) + random.integer(Math.round(fontSizePx * 0.3), fontSizePx);
  }
  const png = await sharp({ create: { width: right + margin, height: top + margin, channels: 3, background: paper } })
    .composite(overlays)
    .png()
    .toBuffer();
  return { png, text: lines.join('\n') };
}

function randomLines(random: SeededRandom, language: 'en' | 'zh', wordCount: number): readonly string[] {
  const words = Array.from({ length: wordCount }, () => random.pick(language === 'en' ? englishWords : chineseWords));
  const lines: string[] = [];
  for (let i = 0; i < words.length; i += wordsPerLine[language]) lines.push(words.slice(i, i + wordsPerLine[language]).join(' '));
  return lines;
}

async function renderText(text: string, font: string, ink: string): Promise<{ data: Buffer; width: number; height: number }> {
  const { data, info } = await sharp({ text: { text: `<span foreground="${ink}">${text}</span>`, font, dpi: 72, rgba: true } })
    .png()
    .toBuffer({ resolveWithObject: true });
  return { data, width: info.width, height: info.height };
}
