import { readFileSync, readdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, extname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Injectable } from '@nestjs/common';
import { RequestError } from '../core/errors/service-errors.js';
import type { BuiltInReply } from '../http/builtin/builtin-controller.factory.js';

/** Beside `src` and `dist` of the package alike. */
const FOLDER = fileURLToPath(new URL('../../dashboard/', import.meta.url));
const TYPES: Readonly<Record<string, string>> = {
  '.css': 'text/css; charset=utf-8',
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.svg': 'image/svg+xml',
};
/** Served from the package that it comes with: it is one file and needs no bundler. */
const CHARTS = { 'uPlot.js': 'uPlot.esm.js', 'uPlot.css': 'uPlot.min.css' } as const;

/** Nothing inline, nothing from elsewhere, no frame around it; what a stage answers may be shown as an image. */
const POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data: blob:",
  "connect-src 'self'",
  "form-action 'none'",
  "base-uri 'none'",
  "frame-ancestors 'none'",
].join('; ');

const HEADERS = {
  'content-security-policy': POLICY,
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
  'referrer-policy': 'no-referrer',
  'cross-origin-opener-policy': 'same-origin',
  'cache-control': 'no-cache',
} as const;

/** The files of the page: a fixed set, read once when the first of them is asked for. @internal */
@Injectable()
export class PageFiles {
  private files: ReadonlyMap<string, string> | undefined;

  /** @param base path of the page as the browser sees it */
  page(base: string): BuiltInReply {
    return this.reply('index.html', (text) => text.replaceAll('{{base}}', base));
  }

  /** @throws RequestError `not_found` for a name that is none of the page's */
  file(name: string): BuiltInReply {
    return this.reply(name, (text) => text);
  }

  private reply(name: string, fill: (text: string) => string): BuiltInReply {
    this.files ??= readFiles();
    const text = this.files.get(name);
    if (text === undefined) throw new RequestError('The page has no such file', { code: 'not_found' });
    return { status: 200, headers: HEADERS, contentType: TYPES[extname(name)], body: fill(text) };
  }
}

function readFiles(): ReadonlyMap<string, string> {
  const own = readdirSync(FOLDER).filter((name) => extname(name) in TYPES);
  const charts = dirname(createRequire(import.meta.url).resolve('uplot/dist/uPlot.esm.js'));
  return new Map([
    ...own.map((name) => [name, readFileSync(join(FOLDER, name), 'utf8')] as const),
    ...Object.entries(CHARTS).map(([name, file]) => [name, readFileSync(join(charts, file), 'utf8')] as const),
  ]);
}
