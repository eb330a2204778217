import { finished, Readable } from 'node:stream';
import { StreamableFile } from '@nestjs/common';
import type { RequestContext } from '../../core/context/request-context.js';
import type { EncodedStream, EncodedValue } from '../../core/protocol/route-protocol.js';
import type { BinaryResult } from '../../core/stage/binary-result.js';
import type { BuiltInReply } from '../builtin/builtin-controller.factory.js';
import type { AdapterResponse } from '../request-of.js';

/** The part of Nest's adapter that replies need. @internal */
export interface ReplyAdapter {
  setHeader(response: AdapterResponse, name: string, value: string): unknown;
  getHeader(response: AdapterResponse, name: string): unknown;
}

/**
 * Replies go back through Nest, so that interceptors see the value, guards' and middleware's headers stay, and adapters write them alike.
 * Objects are handed on as they are; other JSON values as their text, since adapters send bare strings as something else.
 * @internal
 */
export function valueReply({ value }: EncodedValue, response: AdapterResponse, adapter: ReplyAdapter): unknown {
  if (typeof value === 'object' && value !== null) return value;
  adapter.setHeader(response, 'content-type', 'application/json; charset=utf-8');
  return JSON.stringify(value ?? null);
}

/** What keeps those on the way from holding a stream back. @internal */
export const STREAM_HEADERS = { 'cache-control': 'no-cache, no-transform', 'x-accel-buffering': 'no' } as const;

const STREAM_HEADER_LIST = Object.entries(STREAM_HEADERS);

/** Sets what a stream is announced by; who knows its media type better, such as the app's own middleware, has told it by then. @internal */
export function announceStream({ contentType }: EncodedStream, response: AdapterResponse, adapter: ReplyAdapter): void {
  for (const [name, value] of STREAM_HEADER_LIST) adapter.setHeader(response, name, value);
  if (!adapter.getHeader(response, 'content-type')) adapter.setHeader(response, 'content-type', contentType);
}

/**
 * Bytes as they are. A Readable is opened first, so that one that fails at once is an ordinary error; one that fails later cuts the
 * connection, as nothing else tells the client that bytes are missing. It is destroyed with the request, however that ends.
 * @param onFailure is told why a reply was cut
 * @internal
 */
export async function binaryReply(
  { data, type, filename }: BinaryResult,
  context: RequestContext,
  onFailure: (error: Error) => void,
): Promise<StreamableFile> {
  const disposition = filename === undefined ? undefined : attachment(filename);
  if (!(data instanceof Readable)) return new StreamableFile(data, { type, disposition, length: data.byteLength });
  context.onDispose(() => data.destroy());
  await opened(data, context, onFailure);
  const file = new StreamableFile(data, { type, disposition });
  file.setErrorHandler((_error, response) => void response.destroy?.());
  file.setErrorLogger(() => undefined); // told to `onFailure`
  return file;
}

/** Resolves with the first bytes, or the end without any. Rejects with a failure before; a later one is told, unless nobody reads any more. */
function opened(data: Readable, context: RequestContext, onFailure: (error: Error) => void): Promise<void> {
  return new Promise((resolve, reject) => {
    let isOpen = false;
    // Never taken away: a stream without a listener for its errors would end the process.
    finished(data, { writable: false }, (error) => {
      if (!error) resolve();
      else if (!isOpen) reject(context.abortedBy ?? error);
      else if (!context.abortedBy) onFailure(error);
    });
    data.once('readable', () => {
      isOpen = true;
      resolve();
    });
  });
}

/** An answer that was not made by the stages of this request, with its own status and headers. @internal */
export function wholeReply({ status, headers = {}, body }: BuiltInReply, response: AdapterResponse, adapter: ReplyAdapter): unknown {
  for (const [name, value] of Object.entries(headers)) adapter.setHeader(response, name, value as string);
  setStatus(response, status);
  return body;
}

/** Applies what the stages set on `context.response`, if they did. @internal */
export function applyPending({ pending }: RequestContext, response: AdapterResponse, adapter: ReplyAdapter): void {
  if (!pending) return;
  for (const [name, value] of pending.headers) {
    adapter.setHeader(response, name, (Array.isArray(value) ? [...(value as readonly string[])] : String(value)) as string);
  }
  if (pending.status !== undefined) setStatus(response, pending.status);
}

function setStatus(response: AdapterResponse, status: number): void {
  if ('raw' in response) (response as unknown as { status(code: number): void }).status(status);
  else response.statusCode = status;
}

/** @see https://www.rfc-editor.org/rfc/rfc6266 @internal */
export function attachment(filename: string): string {
  const ascii = filename.replace(/[^\x20-\x7e]|["\\]/g, '_');
  const encoded = encodeURIComponent(filename).replace(/['()*]/g, (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`);
  return `attachment; filename="${ascii}"; filename*=UTF-8''${encoded}`;
}
