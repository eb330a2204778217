import { ERROR_CATALOGUE } from '../errors/error-catalogue.js';
import type { SanitizedError } from '../errors/sanitize-error.js';
import type { EncodedStream, EncodedValue, ProtocolDescription, ProtocolExchange, RouteProtocol } from './route-protocol.js';
import { FramedItems, newlineDelimitedJson, serverSentEvents } from './stream-framing.js';

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

const text = { type: 'string' };

/** @see ErrorBody */
const ERROR_BODY: ProtocolDescription['error'] = {
  name: 'ErrorBody',
  schema: {
    type: 'object',
    required: ['code', 'error', 'message', 'data', 'logid'],
    properties: {
      code: { type: 'integer', description: 'HTTP status' },
      error: { type: 'string', enum: Object.keys(ERROR_CATALOGUE), description: 'Stable code of the error' },
      message: text,
      data: {
        type: 'object',
        nullable: true,
        description: 'Bad fields of a refused request',
        properties: {
          fields: {
            type: 'array',
            items: {
              type: 'object',
              required: ['field', 'messages'],
              properties: { field: text, messages: { type: 'array', items: text } },
            },
          },
        },
      },
      logid: { type: 'string', description: 'Id of the request in the log' },
    },
  },
};

/**
 * The default protocol: a value is JSON; a stream is server-sent events, or newline-delimited JSON when Accept prefers it.
 * @publicApi
 */
export const jsonProtocol: RouteProtocol = {
  name: 'json',
  encodeValue: (value: unknown): EncodedValue => ({ value }),
  encodeStream(items: AsyncIterable<unknown>, { context, fail }: ProtocolExchange): EncodedStream {
    const framing = prefersNdjson(context.headers['accept']) ? newlineDelimitedJson : serverSentEvents;
    const errorBody = (error: SanitizedError): object => toErrorBody(error, context.logId);
    return { contentType: framing.contentType, chunks: new FramedItems(items, { framing, fail, errorBody }) };
  },
  encodeError: toErrorBody,
  describe: () => ({ error: ERROR_BODY }),
};

function prefersNdjson(accept: string | readonly string[] | undefined): boolean {
  return typeof accept === 'string' && /application\/(?:x-)?ndjson/i.test(accept) && !/text\/event-stream/i.test(accept);
}
