import { Heartbeats } from '../common/heartbeats.js';
import { seconds } from '../common/duration.js';
import type { SanitizedError } from '../core/errors/sanitize-error.js';
import { toErrorBody } from '../core/protocol/json.protocol.js';
import type { EncodedStream, EncodedValue, RouteProtocol } from '../core/protocol/route-protocol.js';

/** Codes of JSON-RPC for what went wrong before any method was called. @see https://www.jsonrpc.org/specification#error_object */
const [PARSE_ERROR, INVALID_REQUEST, INTERNAL_ERROR] = [-32700, -32600, -32603];
const HEARTBEAT_MS = seconds(15);

/**
 * Messages of JSON-RPC, one as JSON or several as server-sent events.
 * @see https://modelcontextprotocol.io/specification/2025-11-25/basic/transports#streamable-http
 * @internal
 */
export const mcpProtocol: RouteProtocol = {
  name: 'mcp',
  ignoresAccept: true,
  encodeValue: (value): EncodedValue => ({ value }),
  encodeStream: (messages): EncodedStream => ({
    contentType: 'text/event-stream',
    chunks: new Heartbeats(events(messages), { everyMs: HEARTBEAT_MS, beat: ': keep-alive\n\n' }),
  }),
  encodeError: (error, logId) => ({
    jsonrpc: '2.0',
    id: null,
    error: { code: codeOf(error), message: error.message, data: toErrorBody(error, logId) },
  }),
  describe: () => ({ error: { name: 'McpError', schema: ERROR_SCHEMA }, value: { name: 'McpMessage', schema: MESSAGE_SCHEMA } }),
};

async function* events(messages: AsyncIterable<unknown>): AsyncGenerator<string, void, void> {
  for await (const message of messages) yield `event: message\ndata: ${JSON.stringify(message)}\n\n`;
}

function codeOf({ code, status }: SanitizedError): number {
  if (code === 'invalid_json') return PARSE_ERROR;
  return status < 500 ? INVALID_REQUEST : INTERNAL_ERROR;
}

const MESSAGE_SCHEMA = {
  type: 'object',
  required: ['jsonrpc'],
  properties: { jsonrpc: { type: 'string', enum: ['2.0'] } },
  additionalProperties: true,
  description: 'A message of JSON-RPC 2.0',
};

const ERROR_SCHEMA = {
  type: 'object',
  required: ['jsonrpc', 'error'],
  properties: {
    jsonrpc: { type: 'string', enum: ['2.0'] },
    error: {
      type: 'object',
      required: ['code', 'message'],
      properties: { code: { type: 'integer' }, message: { type: 'string' }, data: { type: 'object', additionalProperties: true } },
    },
  },
};
