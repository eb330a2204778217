import type { CallToolResult, ContentBlock } from '@modelcontextprotocol/sdk/types.js';
import { inContext } from '../core/context/in-context.js';
import { isRecord } from '../common/type-guards.js';
import type { RequestContext } from '../core/context/request-context.js';
import type { SanitizedError } from '../core/errors/sanitize-error.js';
import { SystemError } from '../core/errors/service-errors.js';
import { toErrorBody } from '../core/protocol/json.protocol.js';
import { BinaryResult } from '../core/stage/binary-result.js';
import type { RouteOutput } from '../http/route-execution.js';
import type { McpTool } from './mcp-tool.js';

/** What is known of an answer besides its form. @internal */
export interface ToolAnswer {
  readonly tool: McpTool;
  readonly context: RequestContext;
  /** Items of a streamed answer; filled while it is read. */
  readonly items: readonly unknown[];
  readonly maxBytes: number;
}

const META = 'nestage/error';

/** An answer as content for a model: bytes by their media type, text as text, objects as JSON and by their schema. @internal */
export async function toolResult(output: RouteOutput, answer: ToolAnswer): Promise<CallToolResult> {
  if (output instanceof BinaryResult) return { content: [await binaryContent(output, answer)] };
  if ('chunks' in output) {
    await read(inContext(answer.context, output.chunks), answer.maxBytes);
    return { content: [text(answer.items.every((item) => typeof item === 'string') ? answer.items.join('') : jsonLines(answer.items))] };
  }
  return valueResult(output.value, answer);
}

/** An error as the model is told of it: what a client of the handler's own path would be told. @internal */
export function errorResult(error: SanitizedError, logId: string): CallToolResult {
  const details = error.fields.flatMap(({ messages }) => messages).filter((detail) => !error.message.includes(detail));
  const lines = [error.message, ...details, `Error ${error.code}, log id ${logId}`];
  const { retryAfterSeconds } = error;
  const meta = { ...toErrorBody(error, logId), ...(retryAfterSeconds !== undefined && { retryAfterSeconds }) };
  return { isError: true, content: [text([...new Set(lines)].join('\n'))], _meta: { [META]: meta } };
}

/** One item of a streamed answer, as the message of a progress notification. @internal */
export const itemText = (item: unknown): string => (typeof item === 'string' ? item : JSON.stringify(item ?? null));

function valueResult(value: unknown, { tool, maxBytes }: ToolAnswer): CallToolResult {
  const plain = tool.route.protocol.plainForm?.textOf(value);
  const written = plain ?? itemText(value);
  if (Buffer.byteLength(written) > maxBytes) throw tooLong(maxBytes);
  const isStructured = tool.definition.outputSchema !== undefined && isRecord(value);
  return { content: [text(written)], ...(isStructured && { structuredContent: JSON.parse(written) as Record<string, unknown> }) };
}

async function binaryContent({ data, type, filename }: BinaryResult, { context, maxBytes }: ToolAnswer): Promise<ContentBlock> {
  if (!(data instanceof Uint8Array)) context.onDispose(() => data.destroy());
  const bytes = data instanceof Uint8Array ? data : await read(data as AsyncIterable<Uint8Array>, maxBytes);
  if (bytes.byteLength > maxBytes) throw tooLong(maxBytes);
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const mimeType = type.split(';', 1)[0].trim().toLowerCase();
  if (mimeType.startsWith('image/')) return { type: 'image', data: buffer.toString('base64'), mimeType };
  if (mimeType.startsWith('audio/')) return { type: 'audio', data: buffer.toString('base64'), mimeType };
  if (mimeType.startsWith('text/')) return text(buffer.toString('utf8'));
  const uri = `nestage://results/${encodeURIComponent(context.logId)}/${encodeURIComponent(filename ?? 'result')}`;
  return { type: 'resource', resource: { uri, mimeType, blob: buffer.toString('base64') } };
}

async function read(chunks: AsyncIterable<Uint8Array | string>, maxBytes: number): Promise<Buffer> {
  const parts: Buffer[] = [];
  let size = 0;
  for await (const chunk of chunks) {
    const part = Buffer.from(chunk as Uint8Array);
    size += part.length;
    if (size > maxBytes) throw tooLong(maxBytes);
    parts.push(part);
  }
  return Buffer.concat(parts, size);
}

const text = (value: string): ContentBlock => ({ type: 'text', text: value });

const jsonLines = (items: readonly unknown[]): string => items.map(itemText).join('\n');

const tooLong = (maxBytes: number): SystemError =>
  new SystemError(`The result of the tool is longer than ${maxBytes} bytes (maxResultBytes of McpModule.forRoot())`);
