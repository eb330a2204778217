import type { IncomingMessage } from 'node:http';
import { Readable } from 'node:stream';
import type { StageContext } from '../core/context/stage-context.js';
import type { RequestParameters } from '../core/validation/assemble-request.js';
import { type FormData, formDataOf } from './form-data.js';
import type { McpTool } from './mcp-tool.js';

/** @internal */
export type ToolArguments = Readonly<Record<string, unknown>>;

/** A call as a request of the handler's own route, whose body is read as if it had come over the wire. @internal */
export interface ToolRequest {
  readonly request: IncomingMessage;
  readonly parameters: RequestParameters;
  readonly bytes: number;
}

/** What of the message's own headers says nothing of the call in it. */
const OF_THE_MESSAGE: ReadonlySet<string> = new Set([
  'accept',
  'connection',
  'content-encoding',
  'content-length',
  'content-type',
  'expect',
  'idempotency-key',
  'mcp-protocol-version',
  'mcp-session-id',
  'prefer',
  'transfer-encoding',
]);

/** Headers of a message that hold for the call in it, too. @internal */
export function callHeaders(headers: StageContext['headers']): StageContext['headers'] {
  return Object.fromEntries(Object.entries(headers).filter(([name]) => !OF_THE_MESSAGE.has(name)));
}

/** @throws ValidationError for a file that is not given as one @internal */
export function toolRequestOf({ route, files, isForm }: McpTool, given: ToolArguments, headers: StageContext['headers']): ToolRequest {
  const values = new Map(Object.entries(given));
  for (const name of route.protocol.plainForm?.withoutFields ?? []) values.delete(name);
  const parameters = { path: emptyRecord(), query: emptyRecord() };
  for (const { property, source, name } of route.requestFields) {
    if (values.has(property)) parameters[source][name] = values.get(property);
    values.delete(property);
  }
  const isBodyless = route.method === 'GET';
  if (isBodyless) for (const [name, value] of values) parameters.query[name] = value;
  const { contentType, bytes } = isBodyless ? NO_BODY : encoded(Object.fromEntries(values), isForm ? files : undefined);
  const ownHeaders = bytes.length > 0 ? { 'content-type': contentType, 'content-length': String(bytes.length) } : {};
  const stream = Readable.from(bytes.length > 0 ? [bytes] : [], { objectMode: false });
  const request = { method: route.method, url: '', complete: true, headers: { ...headers, ...ownHeaders } };
  return { request: Object.assign(stream, request) as unknown as IncomingMessage, parameters, bytes: bytes.length };
}

const NO_BODY: FormData = { contentType: '', bytes: Buffer.alloc(0) };

/** Names are the client's: none of them may reach a prototype. */
const emptyRecord = (): Record<string, unknown> => Object.create(null) as Record<string, unknown>;

function encoded(values: ToolArguments, files: ReadonlySet<string> | undefined): FormData {
  if (files) return formDataOf(values, files);
  return { contentType: 'application/json', bytes: Buffer.from(JSON.stringify(values)) };
}
