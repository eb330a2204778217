import { StreamableFile } from '@nestjs/common';
import { inContext } from '../core/context/in-context.js';
import type { RequestContext } from '../core/context/request-context.js';
import type { StageRoute } from '../core/discovery/stage-route.js';
import type { SanitizedError } from '../core/errors/sanitize-error.js';
import { BinaryResult } from '../core/stage/binary-result.js';
import type { BuiltInReply } from '../http/builtin/builtin-controller.factory.js';
import { errorReply } from '../http/reply/error-responder.js';
import { attachment, STREAM_HEADERS } from '../http/reply/stage-reply.js';
import type { RouteOutput } from '../http/route-execution.js';
import type { KeptBytes, PayloadBytes } from './payloads/payload-bytes.js';

type HeaderValues = Record<string, string | readonly string[]>;

/** The answer that a request would have got at once, kept to be given later. @internal */
export interface KeptReply {
  readonly status: number;
  readonly headers: Readonly<HeaderValues>;
  readonly body: KeptBytes;
  /** Whether its length is told beforehand: not of a stream. */
  readonly hasLength: boolean;
}

const JSON_TYPE = 'application/json; charset=utf-8';

/** Takes an answer to its end and keeps it. @internal */
export async function keepReply(output: RouteOutput, exchange: KeepExchange): Promise<KeptReply> {
  const { route, context, bytes, keepMs } = exchange;
  const { headers, chunks, hasLength } = written(output, context);
  const body = await bytes.keep(chunks, keepMs);
  const { pending } = context; // after the last chunk: until then a stage may set more
  for (const [name, value] of pending?.headers ?? []) headers[name] = Array.isArray(value) ? (value as readonly string[]) : String(value);
  return { status: pending?.status ?? route.status, headers, body, hasLength };
}

/** @internal */
export interface KeepExchange {
  readonly route: StageRoute;
  readonly context: RequestContext;
  readonly bytes: PayloadBytes;
  readonly keepMs: number;
}

/** An error as it is answered on the route's protocol. @internal */
export async function keepError(error: SanitizedError, { route, context, bytes, keepMs }: KeepExchange): Promise<KeptReply> {
  const { headers, body } = errorReply(error, context.logId, route.protocol);
  return { status: error.status, headers, body: await bytes.keep(once(JSON.stringify(body)), keepMs), hasLength: true };
}

/** An answer that was kept, to be sent. @throws SystemError when its bytes are gone @internal */
export async function replyOf({ status, headers, body, hasLength }: KeptReply, bytes: PayloadBytes): Promise<BuiltInReply> {
  const { 'content-type': type, 'content-disposition': disposition, ...others } = headers;
  const options = {
    ...(type === undefined ? {} : { type: String(type) }),
    ...(disposition === undefined ? {} : { disposition: String(disposition) }),
    ...(hasLength ? { length: body.size } : {}),
  };
  return { status, headers: others, body: new StreamableFile(await bytes.open(body), options) };
}

interface Written {
  readonly headers: HeaderValues;
  readonly chunks: AsyncIterable<Uint8Array>;
  readonly hasLength: boolean;
}

function written(output: RouteOutput, context: RequestContext): Written {
  if (output instanceof BinaryResult) {
    const { data, type, filename } = output;
    const headers: HeaderValues = { 'content-type': type };
    if (filename !== undefined) headers['content-disposition'] = attachment(filename);
    if (data instanceof Uint8Array) return { headers, chunks: once(data), hasLength: true };
    context.onDispose(() => data.destroy());
    return { headers, chunks: data as AsyncIterable<Uint8Array>, hasLength: false };
  }
  if ('chunks' in output) {
    const headers = { ...STREAM_HEADERS, 'content-type': output.contentType };
    return { headers, chunks: encoded(inContext(context, output.chunks)), hasLength: false };
  }
  return { headers: { 'content-type': JSON_TYPE }, chunks: once(JSON.stringify(output.value ?? null)), hasLength: true };
}

async function* once(data: Uint8Array | string): AsyncGenerator<Uint8Array, void, void> {
  yield typeof data === 'string' ? Buffer.from(data) : data;
}

async function* encoded(chunks: AsyncIterable<string>): AsyncGenerator<Uint8Array, void, void> {
  for await (const chunk of chunks) yield Buffer.from(chunk);
}
