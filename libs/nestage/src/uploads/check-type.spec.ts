import { checkType } from './check-type.js';
import type { FileType } from './file-type.js';
import { FILE_TYPES } from './file-types.js';
import { files, images } from './upload-format.js';

const latin1 = (text: string): Buffer => Buffer.from(text, 'latin1');
const box = (...brands: string[]): Buffer => latin1(`\0\0\0${String.fromCharCode(8 + brands.length * 4)}ftyp${brands.join('')}`);

/** The first bytes of a file of each kind that is told by them. */
const heads: Readonly<Record<string, Buffer>> = {
  'image/jpeg': latin1('\xff\xd8\xff\xe1'),
  'image/png': latin1('\x89PNG\r\n\x1a\n'),
  'image/gif': latin1('GIF89a'),
  'image/webp': latin1('RIFF\x10\0\0\0WEBPVP8 '),
  'image/tiff': latin1('MM\0*\0\0\0\x08'),
  'image/avif': box('mif1', '\0\0\0\0', 'avif', 'miaf'),
  'image/heic': box('heic', '\0\0\0\0', 'mif1'),
  'image/bmp': latin1('BM\x36\0\0\0\0\0\0\0\x36\0\0\0'),
  'image/jxl': latin1('\xff\x0a'),
  'image/jp2': latin1('\0\0\0\x0cjP  \r\n'),
  'image/x-icon': latin1('\0\0\x01\0\x01\0'),
  'application/pdf': latin1('junk\n%PDF-1.4'),
  'application/zip': latin1('PK\x03\x04'),
  'application/gzip': latin1('\x1f\x8b\x08'),
  'application/x-7z-compressed': latin1('7z\xbc\xaf\x27\x1c'),
  'application/vnd.rar': latin1('Rar!\x1a\x07\x01'),
  'application/x-cfb': latin1('\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1'),
  'audio/wav': latin1('RIFF\x10\0\0\0WAVEfmt '),
  'audio/mpeg': latin1('ID3\x03'),
  'audio/flac': latin1('fLaC'),
  'audio/ogg': latin1('OggS'),
  'audio/mp4': box('M4A ', '\0\0\0\0', 'isom'),
  'video/quicktime': box('qt  '),
  'video/mp4': box('isom', '\0\0\x02\0', 'mp41'),
  'video/webm': latin1('\x1a\x45\xdf\xa3'),
  'application/x-msdownload': Buffer.concat([latin1('MZ'), Buffer.alloc(70)]),
  'application/x-elf': latin1('\x7fELF'),
  'application/x-mach-binary': latin1('\xcf\xfa\xed\xfe'),
  'text/x-shellscript': latin1('#!/bin/sh\n'),
  'image/svg+xml': latin1('\xef\xbb\xbf <?xml version="1.0"?><svg>'),
  'text/html': latin1('<!DOCTYPE html>'),
  'application/xml': latin1('<?xml version="1.0"?><feed/>'),
};

const undeclared = { declaredType: '', filename: undefined };
const typeOf = (type: string): FileType => FILE_TYPES.find((known) => known.type === type) as FileType;

describe('checkType', () => {
  it('has a sample of every kind that is told by its first bytes', () => {
    const texts = FILE_TYPES.filter(({ matches }) => matches(latin1('plain words'))).map(({ type }) => type);
    expect(Object.keys(heads).sort()).toEqual(
      FILE_TYPES.map(({ type }) => type)
        .filter((type) => !texts.includes(type))
        .sort(),
    );
  });

  it.each(Object.entries(heads))('tells %s by its first bytes, and lets it in where that is allowed alone', (type, head) => {
    expect(checkType(head, undeclared, [typeOf(type)])).toEqual({ type: typeOf(type) });
    for (const other of FILE_TYPES.filter((each) => each.type !== type))
      expect(checkType(head, undeclared, [other])).toHaveProperty('refusal');
  });

  it.each(FILE_TYPES.flatMap(({ type, extensions }) => extensions.map((extension) => [extension, type] as const)))(
    'takes .%s for %s and for nothing else',
    (extension, type) => {
      const [head, other] = [heads[type] ?? latin1('words'), type === 'image/png' ? 'image/jpeg' : 'image/png'];
      expect(checkType(head, { declaredType: '', filename: `A.${extension.toUpperCase()}` }, [typeOf(type)])).toHaveProperty('type');
      expect(checkType(heads[other], { declaredType: '', filename: `a.${extension}` }, [typeOf(other)])).toHaveProperty('refusal');
    },
  );

  it('takes other names of a type that senders declare, with parameters, and no other type', () => {
    const png = (declaredType: string): object => checkType(heads['image/png'], { declaredType, filename: 'x' }, [typeOf('image/png')]);
    for (const declared of ['image/png', 'IMAGE/X-PNG; a=b', 'application/octet-stream', '', 'text/plain'])
      expect(png(declared)).toHaveProperty('type');
    for (const declared of ['image/jpeg', 'application/pdf', 'application/x-unheard-of', 'nonsense'])
      expect(png(declared)).toHaveProperty('refusal');
  });

  it('lets an ending that it does not know say nothing', () => {
    for (const filename of ['a', 'a.', '.png', 'scan.2024', 'a.png.final', 'ä.', '..'])
      expect(checkType(heads['image/png'], { declaredType: '', filename }, [typeOf('image/png')])).toHaveProperty('type');
  });
});

describe('images() and files()', () => {
  it.each<[() => unknown, string]>([
    [() => images({ maxBytes: 0 }), '"maxBytes" must be an integer >= 1, got 0 (set it in images()).'],
    [() => images({ maxFiles: 1001 }), '"maxFiles" must be an integer from 1 to 1000, got 1001 (set it in images()).'],
    [() => images({ field: '__proto__' }), '"field" must be the name of a field, got "__proto__" (set it in images()).'],
    [() => images({ size: 1 } as object), '"size" is not an option'],
    [() => files({ types: [] }), '"types" must be a list of at least one type, got [] (set it in files()).'],
    [
      () => files({ types: ['image/x' as 'image/png'] }),
      '"types" names "image/x", which is not known: give { type, extensions, matches } for it (set it in files()).',
    ],
  ])('refuses bad options: %s', (make, message) => {
    expect(make).toThrow(message);
  });

  it('reckons how long a body may be', () => {
    expect(images({ maxBytes: 1000, maxFiles: 2 }).maxBytes).toBe(2 * (1000 + 16 * 1024) + 1024 * 1024);
  });
});
