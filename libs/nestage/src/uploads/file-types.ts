import type { FileType } from './file-type.js';
import { begins, brand, isMarkup, isText, riff } from './signatures.js';

/**
 * Kinds told by their first bytes, in the order in which they are asked. What is not to be let in is here as well, so that a name or a
 * declared type can be seen to contradict.
 */
const SIGNED = [
  {
    type: 'image/jpeg',
    name: 'JPEG',
    extensions: ['jpg', 'jpeg', 'jpe', 'jfif'],
    aliases: ['image/jpg', 'image/pjpeg'],
    matches: begins(['\xff\xd8\xff']),
  },
  {
    type: 'image/png',
    name: 'PNG',
    extensions: ['png', 'apng'],
    aliases: ['image/x-png', 'image/apng'],
    matches: begins(['\x89PNG\r\n\x1a\n']),
  },
  { type: 'image/gif', name: 'GIF', extensions: ['gif'], matches: begins(['GIF87a', 'GIF89a']) },
  { type: 'image/webp', name: 'WebP', extensions: ['webp'], matches: riff('WEBP') },
  {
    type: 'image/tiff',
    name: 'TIFF',
    extensions: ['tif', 'tiff'],
    aliases: ['image/tif', 'image/x-tiff'],
    matches: begins(['II*\0', 'MM\0*', 'II+\0', 'MM\0+']),
  },
  { type: 'image/avif', name: 'AVIF', extensions: ['avif'], matches: brand(['avif', 'avis']) },
  {
    type: 'image/heic',
    name: 'HEIC',
    extensions: ['heic', 'heif', 'hif'],
    aliases: ['image/heif'],
    matches: brand(['heic', 'heix', 'heim', 'heis', 'hevc', 'hevx', 'mif1', 'msf1']),
  },
  {
    type: 'image/bmp',
    name: 'BMP',
    extensions: ['bmp', 'dib'],
    aliases: ['image/x-ms-bmp', 'image/x-bmp'],
    matches: (head) => begins(['BM'])(head) && head.length >= 14 && begins(['\0\0\0\0'], 6)(head),
  },
  { type: 'image/jxl', name: 'JPEG XL', extensions: ['jxl'], matches: begins(['\xff\x0a', '\0\0\0\x0cJXL ']) },
  { type: 'image/jp2', name: 'JPEG 2000', extensions: ['jp2', 'j2k', 'jpx'], matches: begins(['\0\0\0\x0cjP  ', '\xff\x4f\xff\x51']) },
  { type: 'image/x-icon', name: 'ICO', extensions: ['ico'], aliases: ['image/vnd.microsoft.icon'], matches: begins(['\0\0\x01\0']) },
  { type: 'application/pdf', name: 'PDF', extensions: ['pdf'], aliases: ['application/x-pdf'], matches: (head) => head.includes('%PDF-') },
  {
    type: 'application/zip',
    name: 'ZIP',
    extensions: ['zip', 'docx', 'xlsx', 'pptx', 'odt', 'ods', 'odp', 'epub', 'jar', 'apk'],
    aliases: ['application/x-zip-compressed'],
    matches: begins(['PK\x03\x04', 'PK\x05\x06']),
  },
  { type: 'application/gzip', name: 'GZIP', extensions: ['gz', 'tgz'], aliases: ['application/x-gzip'], matches: begins(['\x1f\x8b']) },
  { type: 'application/x-7z-compressed', name: '7Z', extensions: ['7z'], matches: begins(['7z\xbc\xaf\x27\x1c']) },
  {
    type: 'application/vnd.rar',
    name: 'RAR',
    extensions: ['rar'],
    aliases: ['application/x-rar-compressed'],
    matches: begins(['Rar!\x1a\x07']),
  },
  {
    type: 'application/x-cfb',
    name: 'an old Office document',
    extensions: ['doc', 'xls', 'ppt', 'msi'],
    aliases: ['application/msword', 'application/vnd.ms-excel', 'application/vnd.ms-powerpoint'],
    matches: begins(['\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1']),
  },
  { type: 'audio/wav', name: 'WAV', extensions: ['wav'], aliases: ['audio/x-wav', 'audio/wave', 'audio/vnd.wave'], matches: riff('WAVE') },
  {
    type: 'audio/mpeg',
    name: 'MP3',
    extensions: ['mp3'],
    aliases: ['audio/mp3'],
    matches: begins(['ID3', '\xff\xfb', '\xff\xf3', '\xff\xf2']),
  },
  { type: 'audio/flac', name: 'FLAC', extensions: ['flac'], aliases: ['audio/x-flac'], matches: begins(['fLaC']) },
  {
    type: 'audio/ogg',
    name: 'OGG',
    extensions: ['ogg', 'oga', 'opus'],
    aliases: ['application/ogg', 'audio/opus'],
    matches: begins(['OggS']),
  },
  { type: 'audio/mp4', name: 'M4A', extensions: ['m4a'], aliases: ['audio/x-m4a', 'audio/m4a'], matches: brand(['M4A ', 'M4B ']) },
  { type: 'video/quicktime', name: 'QuickTime', extensions: ['mov', 'qt'], matches: brand(['qt  ']) },
  { type: 'video/mp4', name: 'MP4', extensions: ['mp4', 'm4v'], matches: brand(['isom', 'iso2', 'mp41', 'mp42', 'avc1', 'dash', 'M4V ']) },
  {
    type: 'video/webm',
    name: 'WebM',
    extensions: ['webm', 'mkv'],
    aliases: ['audio/webm', 'video/x-matroska'],
    matches: begins(['\x1a\x45\xdf\xa3']),
  },
  {
    type: 'application/x-msdownload',
    name: 'a Windows program',
    extensions: ['exe', 'dll', 'scr', 'com', 'sys'],
    matches: (head) => begins(['MZ'])(head) && head.length >= 64,
  },
  { type: 'application/x-elf', name: 'a Linux program', extensions: ['so', 'elf'], matches: begins(['\x7fELF']) },
  {
    type: 'application/x-mach-binary',
    name: 'a macOS program',
    extensions: ['dylib'],
    matches: begins(['\xcf\xfa\xed\xfe', '\xce\xfa\xed\xfe', '\xca\xfe\xba\xbe']),
  },
  { type: 'text/x-shellscript', name: 'a script', extensions: ['sh', 'bash', 'ps1', 'bat', 'cmd'], matches: begins(['#!']) },
  {
    type: 'image/svg+xml',
    name: 'SVG',
    extensions: ['svg'],
    matches: (head) => isMarkup(head) && /<svg[\s>]/i.test(head.toString('latin1')),
  },
  {
    type: 'text/html',
    name: 'HTML',
    extensions: ['html', 'htm', 'xhtml', 'mhtml'],
    aliases: ['application/xhtml+xml'],
    matches: (head) => isMarkup(head) && /<(?:!doctype\s+html|html|head|body|script|iframe)[\s>]/i.test(head.toString('latin1')),
  },
  { type: 'application/xml', name: 'XML', extensions: ['xml', 'xsl', 'xslt'], aliases: ['text/xml'], matches: isMarkup },
] as const satisfies readonly FileType[];

/** Kinds that nothing but their being text tells: which one a file is, its sender says. */
const TEXTS = [
  { type: 'text/plain', name: 'text', extensions: ['txt', 'log', 'text'], matches: isText },
  { type: 'text/csv', name: 'CSV', extensions: ['csv'], aliases: ['application/csv'], matches: isText },
  { type: 'text/markdown', name: 'Markdown', extensions: ['md', 'markdown'], aliases: ['text/x-markdown'], matches: isText },
  { type: 'application/json', name: 'JSON', extensions: ['json'], aliases: ['text/json'], matches: isText },
  {
    type: 'application/x-ndjson',
    name: 'JSON Lines',
    extensions: ['jsonl', 'ndjson'],
    aliases: ['application/jsonl', 'application/ndjson'],
    matches: isText,
  },
  { type: 'application/yaml', name: 'YAML', extensions: ['yaml', 'yml'], aliases: ['text/yaml', 'application/x-yaml'], matches: isText },
  { type: 'text/javascript', name: 'JavaScript', extensions: ['js', 'mjs', 'cjs'], aliases: ['application/javascript'], matches: isText },
  { type: 'text/css', name: 'CSS', extensions: ['css'], matches: isText },
  { type: 'application/x-httpd-php', name: 'PHP', extensions: ['php', 'phtml', 'phar'], matches: isText },
] as const satisfies readonly FileType[];

/** Media types whose files are known here. @publicApi */
export type KnownFileType = (typeof SIGNED)[number]['type'] | (typeof TEXTS)[number]['type'];

/** Told by first bytes. @internal */
export const SIGNED_TYPES: readonly FileType[] = SIGNED;

/** All that are known. @internal */
export const FILE_TYPES: readonly FileType[] = [...SIGNED, ...TEXTS];

/** Pictures that `images()` takes by default: raster formats that decoders and browsers share. @publicApi */
export const IMAGE_TYPES = [
  'image/jpeg',
  'image/png',
  'image/webp',
  'image/gif',
  'image/tiff',
  'image/avif',
] as const satisfies readonly KnownFileType[];
