import type { SanitizedError } from '../errors/sanitize-error.js';
import type { EncodedStream, EncodedValue, ProtocolExchange, RouteProtocol } from './route-protocol.js';
import { frame, newlineDelimitedJson, serverSentEvents } from './stream-framing.js';

/** Body of every error answer. @publicApi */
export interface ErrorBody {
  /** HTTP status. */
  readonly code: number;
  /** Stable code of the error catalogue. */
  readonly error: string;
  readonly message: string;
  /** Bad fields of a refused request, else null. */
  readonly data: { readonly fields: readonly { readonly field: string; readonly messages: readonly string[] }[] } | null;
  readonly logid: string;
}

/** The error body of plain JSON routes. @internal */
export function toErrorBody(error: SanitizedError, logId: string): ErrorBody {
  const data = error.fields.length > 0 ? { fields: error.fields } : null;
  return { code: error.status, error: error.code, message: error.message, data, logid: logId };
}

/**
 * The default protocol: a value is JSON; a stream is server-sent events, or newline-delimited JSON when Accept prefers it.
 * @publicApi
 */
export const jsonProtocol: RouteProtocol = {
  name: 'json',
  encodeValue: (value: unknown): EncodedValue => ({ value }),
  encodeStream(items: AsyncIterable<unknown>, { context, fail }: ProtocolExchange): EncodedStream {
    const framing = prefersNdjson(context.headers['accept']) ? newlineDelimitedJson : serverSentEvents;
    return { contentType: framing.contentType, chunks: frame(items, framing, fail, (error) => toErrorBody(error, context.logId)) };
  },
  encodeError: toErrorBody,
};

function prefersNdjson(accept: string | readonly string[] | undefined): boolean {
  return typeof accept === 'string' && /application\/(?:x-)?ndjson/i.test(accept) && !/text\/event-stream/i.test(accept);
}
