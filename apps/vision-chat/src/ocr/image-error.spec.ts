import { ImageError, imageErrorCodes, isImageError } from './image-error.js';

describe('ImageError', () => {
  it.each([
    ['empty_file', 400],
    ['too_many_pixels', 413],
    ['unsupported_format', 415],
    ['corrupt_image', 422],
  ] as const)('%s answers %d', (code, status) => {
    expect(new ImageError(code)).toMatchObject({ name: 'ImageError', code, status });
  });

  it('has a status and a message for each code', () => {
    expect([...imageErrorCodes].sort()).toEqual(['corrupt_image', 'empty_file', 'too_many_pixels', 'unsupported_format']);
    for (const code of imageErrorCodes) expect(new ImageError(code).message).toMatch(/^[A-Z].+\.$/);
  });

  it('is told from other errors', () => {
    expect(isImageError(new ImageError('empty_file'))).toBe(true);
    expect(isImageError(new Error('no'))).toBe(false);
    expect(isImageError(undefined)).toBe(false);
  });
});
