import type { IncomingMessage } from 'node:http';
import { Readable } from 'node:stream';
import type { KeptBytes, PayloadBytes } from '../payloads/payload-bytes.js';
import type { RequestPayload } from '../request-payload.js';

/**
 * The request of a job in the form in which bodies are read: what came over the wire comes once more.
 * @internal
 */
export async function requestOf({ method, headers, body }: RequestPayload, bytes: PayloadBytes): Promise<IncomingMessage> {
  const stream = body ? await bytes.open(body) : Readable.from([]);
  const request = { method, url: '', complete: true, headers: { ...headers, ...lengthOf(body) } };
  return Object.assign(stream, request) as unknown as IncomingMessage;
}

const lengthOf = (body: KeptBytes | undefined): Record<string, string> => (body ? { 'content-length': String(body.size) } : {});
