import { cropLine } from './crop-line.js';
import { turnBox } from './geometry/box.js';
import type { Box, RgbImage } from './ocr.types.js';

/** 96 x 48 pixels: the left half red, the right half blue. */
function redBlue(): RgbImage {
  const [width, height] = [96, 48];
  const data = new Uint8Array(width * height * 3);
  for (let i = 0; i < width * height; i++) data[i * 3 + (i % width < width / 2 ? 0 : 2)] = 255;
  return { data, width, height };
}

const whole: Box = [
  [0, 0],
  [96, 0],
  [96, 48],
  [0, 48],
];

/** Blue, green and red of one pixel of the crop. */
function at(crop: { data: Float32Array; width: number }, x: number, y: number): number[] {
  const plane = crop.width * 48;
  return [0, 1, 2].map((channel) => crop.data[channel * plane + y * crop.width + x]);
}

describe('cropLine', () => {
  it('gives blue, green, red from -1 to 1, pixel for pixel when the line is 48 high', () => {
    const crop = cropLine(redBlue(), whole);
    expect(crop.width).toBe(96);
    expect(at(crop, 0, 0)).toEqual([-1, -1, 1]);
    expect(at(crop, 47, 24)).toEqual([-1, -1, 1]);
    expect(at(crop, 48, 24)).toEqual([1, -1, -1]);
  });

  it('turns with the box', () => {
    const crop = cropLine(redBlue(), turnBox(whole, 2));
    expect(at(crop, 0, 0)).toEqual([1, -1, -1]);
    expect(at(crop, 95, 47)).toEqual([-1, -1, 1]);
    expect(cropLine(redBlue(), turnBox(whole, 1)).width).toBe(24);
  });

  it('repeats the edge beyond the image', () => {
    const crop = cropLine(redBlue(), [
      [-96, -20],
      [0, -20],
      [0, 28],
      [-96, 28],
    ]);
    expect(at(crop, 0, 0)).toEqual([-1, -1, 1]);
  });

  it('keeps the width within bounds', () => {
    expect(cropLine(redBlue(), whole, { maxPx: 20 }).width).toBe(20);
    expect(cropLine(redBlue(), whole, { minPx: 192, maxPx: 192 }).width).toBe(192);
  });
});
