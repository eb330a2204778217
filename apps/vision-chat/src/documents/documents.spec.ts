import sharp from 'sharp';
import { ModelError, type StageContext, ValidationError } from 'nestage';
import { renderPage } from '../../../../test/support/render-page.js';
import { cleanLine, cleanText } from './clean-text.js';
import { documentStep } from './document-step.js';
import { enhancePage } from './enhance-page.js';
import { findSkew, type Sketch } from './find-skew.js';
import { PixelAdmission } from './pixel-admission.js';

async function sketchOf(png: Buffer): Promise<Sketch> {
  const { data, info } = await sharp(png).greyscale().raw().toBuffer({ resolveWithObject: true });
  return { data, width: info.width, height: info.height, step: info.channels };
}

describe('findSkew', () => {
  it.each([-11, -6.5, -3, -1, 1, 2.4, 7, 11])('finds a slant of %d degrees, on a light page and on a dark one', async (degrees) => {
    for (const dark of [false, true]) {
      const { png } = await renderPage({ seed: 5, language: 'en', wordCount: 24, fontSizePx: 24, dark });
      const slanted = await sharp(png)
        .rotate(degrees, { background: dark ? '#1c1c22' : '#ffffff' })
        .png()
        .toBuffer();
      expect(Math.abs(findSkew(await sketchOf(slanted)) - degrees)).toBeLessThan(0.35);
    }
  });

  it('finds none on a level page, on a blank one, and on one that is all ink', async () => {
    const { png } = await renderPage({ seed: 6, language: 'en', wordCount: 24 });
    expect(findSkew(await sketchOf(png))).toBe(0);
    for (const grey of [0, 255]) expect(findSkew({ data: new Uint8Array(10_000).fill(grey), width: 100, height: 100 })).toBe(0);
  });
});

describe('enhancePage', () => {
  it('gives points back to where they are on the page that was sent', async () => {
    const { png } = await renderPage({ seed: 7, language: 'en', wordCount: 24 });
    const file = await sharp(png).rotate(5, { background: '#ffffff' }).png().toBuffer();
    const { width, height } = await sharp(file).metadata();
    const enhanced = await enhancePage({ file, type: 'image/png', pageCount: 1 }, 0, { width, height }, ['deskew']);
    expect(enhanced.turnedBy).toBeCloseTo(-5, 0);
    const turned = await sharp(enhanced.file).metadata();
    expect(enhanced.toOriginal([turned.width / 2, turned.height / 2])).toEqual([Math.round(width / 2), Math.round(height / 2)]);
  });

  it('hands a picture on as it is when there is nothing to be done', async () => {
    const file = Buffer.from('not even a picture');
    const { file: same, toOriginal } = await enhancePage({ file, type: 'image/png', pageCount: 1 }, 0, { width: 1, height: 1 }, []);
    expect([same === file, toOriginal([3, 4])]).toEqual([true, [3, 4]]);
  });
});

describe('cleanText', () => {
  it('composes characters, closes gaps, and takes out what nobody sees', () => {
    expect(cleanLine('  a\u0308 \t b\u200b\u0000\ufeffc\u3000d ')).toBe('ä bc d');
    expect(cleanText('one\n \u200b \ntwo  three')).toBe('one\ntwo three');
    expect(cleanText('')).toBe('');
  });
});

describe('PixelAdmission', () => {
  it('lets one page in whatever its size, others as long as there is room, and refuses the rest', async () => {
    const admission = new PixelAdmission();
    let end = (): void => undefined;
    const first = admission.during(200e6, () => new Promise<void>((resolve) => (end = resolve)));
    await expect(admission.during(1, async () => 1)).rejects.toMatchObject({ code: 'overloaded' });
    end();
    await first;
    const both = Promise.all([admission.during(60e6, async () => 1), admission.during(60e6, async () => 2)]);
    await expect(both).resolves.toEqual([1, 2]);
    await expect(admission.during(1e6, () => Promise.reject(new Error('broken')))).rejects.toThrow('broken');
    await expect(admission.during(120e6, async () => 3)).resolves.toBe(3);
  });
});

describe('documentStep', () => {
  const controller = new AbortController();
  const lines: string[] = [];
  const context = { logger: { info: (line: string) => lines.push(line) }, signal: controller.signal } as unknown as StageContext;

  it('names the step in which something unforeseen failed, with its cause', async () => {
    const cause = new TypeError('x is undefined');
    await expect(documentStep('clean', 'page 2 of 3', context, () => Promise.reject(cause))).rejects.toMatchObject({
      code: 'image_processing_error',
      message: 'The step "clean" failed on page 2 of 3',
      cause,
    });
  });

  it('lets errors that say what they are pass, and the abort', async () => {
    for (const error of [new ValidationError('bad'), new ModelError('down')])
      await expect(documentStep('open', 'x', context, () => Promise.reject(error))).rejects.toBe(error);
    controller.abort(new Error('gone'));
    await expect(documentStep('open', 'x', context, () => Promise.reject(controller.signal.reason as Error))).rejects.toThrow('gone');
  });

  it('tells what a step took', async () => {
    expect(await documentStep('recognise', 'page 1 of 1', context, () => 'text')).toBe('text');
    expect(lines.at(-1)).toMatch(/^Document step recognise: page 1 of 1, \d+\.\d ms$/);
  });
});
