import type { IncomingMessage } from 'node:http';
import type { Readable } from 'node:stream';
import { createBrotliDecompress, createGunzip, createInflate } from 'node:zlib';
import type { RequestContext } from '../../core/context/request-context.js';
import type { StageRoute } from '../../core/discovery/stage-route.js';
import { RequestError, ValidationError } from '../../core/errors/service-errors.js';
import { requestFieldsOf } from '../../core/stage/request-fields.decorator.js';
import { ArrivingBody, closed, unfinished } from './arriving-body.js';
import type { BodyBudget } from './body-budget.js';
import { matchesMediaType } from './media-type.js';
import { RequestIntake } from './request-intake.js';
import type { TemporaryFiles } from './temporary-files.js';

/** A body as it was read: its bytes on the wire and what they say. @internal */
export interface ReadBody {
  readonly value: unknown;
  readonly bytes: number;
}

const NO_BODY: ReadBody = { value: undefined, bytes: 0 };

/** @internal */
export interface ReadBodyInit {
  readonly request: IncomingMessage;
  readonly route: StageRoute;
  readonly context: RequestContext;
  readonly budget: BodyBudget;
  readonly files: TemporaryFiles;
}

/**
 * Reads, bounds, decompresses and parses the body of a stage route. The same code serves every adapter, so that they refuse alike.
 * The budget is given back when the request is over.
 * @throws WebServiceError `unsupported_media_type`, `unsupported_encoding`, `body_too_large`, `empty_body`, `invalid_json`, `overloaded`,
 * and what the format refuses
 * @internal
 */
export async function readBody(init: ReadBodyInit): Promise<ReadBody> {
  const { request, route, context } = init;
  const { headers } = request;
  const format = route.body;
  const declared = headers['content-length'] === undefined ? undefined : Number(headers['content-length']);
  if (route.method === 'GET' || (headers['transfer-encoding'] === undefined && !declared)) return emptyBody(route);
  const contentType = headers['content-type'] ?? '';
  if (!format.mediaTypes.some((type) => matchesMediaType(contentType, type))) {
    throw new RequestError(`The content type must be ${format.mediaTypes.join(' or ')}, got ${contentType || 'none'}`, {
      code: 'unsupported_media_type',
    });
  }
  if (declared !== undefined && declared > route.maxBodyBytes) throw tooLarge(route);
  const source = decompressed(request, headers['content-encoding']);
  const failure = source === request ? closed : corrupt;
  if (format.read) {
    const intake = new RequestIntake({ ...init, contentType });
    const arriving = new ArrivingBody({ source, context, failure, maxBytes: route.maxBodyBytes, tooLarge: () => tooLarge(route) });
    return { value: await arriving.readBy((body) => format.read(body, intake)), bytes: declared ?? arriving.bytes };
  }
  if (declared !== undefined) context.onDispose(init.budget.take(declared));
  const collector = new Collector(route, declared === undefined ? init.budget : undefined, context);
  const bytes = await collect(source, collector, context, failure);
  if (bytes.length === 0) return emptyBody(route);
  return { value: await format.parse(bytes, contentType), bytes: declared ?? bytes.length };
}

/** Counts what arrives, on the wire or out of a decompressor, against the route's limit and the budget. */
class Collector {
  private readonly chunks: Buffer[] = [];
  private size = 0;

  constructor(
    private readonly route: StageRoute,
    private readonly budget: BodyBudget | undefined,
    private readonly context: RequestContext,
  ) {}

  add(chunk: Buffer): void {
    this.size += chunk.length;
    if (this.size > this.route.maxBodyBytes) throw tooLarge(this.route);
    if (this.budget) this.context.onDispose(this.budget.take(chunk.length));
    this.chunks.push(chunk);
  }

  get bytes(): Buffer {
    return this.chunks.length === 1 ? this.chunks[0] : Buffer.concat(this.chunks, this.size);
  }
}

function collect(source: Readable, collector: Collector, context: RequestContext, failure: (cause: Error) => Error): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    let release = (): void => undefined;
    const fail = (error: Error): void => {
      source.removeAllListeners('data');
      source.pause();
      release();
      reject(error);
    };
    release = context.onAbort((reason) => reason.abortCause !== 'client_closed' && fail(unfinished(reason)));
    source.on('data', (chunk: Buffer) => {
      try {
        collector.add(chunk);
      } catch (error) {
        fail(error as Error);
      }
    });
    source.once('end', () => {
      release();
      resolve(collector.bytes);
    });
    source.once('error', (cause) => fail(failure(cause)));
    source.once('close', () => {
      if (!source.readableEnded) fail(closed()); // after the end it means nothing, and an error is not cheap to make
    });
  });
}

function decompressed(request: IncomingMessage, encoding: string | undefined): Readable {
  const name = encoding?.trim().toLowerCase() ?? 'identity';
  if (name === 'identity' || name === '') return request;
  const make = DECOMPRESSORS.get(name);
  if (!make) {
    throw new RequestError(`The content encoding must be one of identity, ${[...DECOMPRESSORS.keys()].join(', ')}`, {
      code: 'unsupported_encoding',
    });
  }
  const decompressor = make();
  request.once('close', () => {
    if (!request.complete) decompressor.destroy(); // the client has gone: the reading ends, too
  });
  return request.pipe(decompressor);
}

const DECOMPRESSORS: ReadonlyMap<string, () => ReturnType<typeof createGunzip | typeof createInflate | typeof createBrotliDecompress>> =
  new Map([
    ['gzip', createGunzip],
    ['deflate', createInflate],
    ['br', createBrotliDecompress],
  ]);

const corrupt = (cause: Error): Error => new ValidationError('The body is not what its content encoding says', { cause });

/** No body is fine where none is needed: GET, DELETE, routes that take anything, and DTOs filled from the path or query. */
function emptyBody(route: StageRoute): ReadBody {
  const isNeedless = route.method === 'GET' || route.method === 'DELETE' || !route.request || requestFieldsOf(route.request).length > 0;
  if (isNeedless) return NO_BODY;
  if (route.body.refuseAbsent) throw route.body.refuseAbsent();
  throw new ValidationError('The body is empty: send the request as JSON', { code: 'empty_body' });
}

function tooLarge(route: StageRoute): RequestError {
  return new RequestError(`The body is longer than ${route.maxBodyBytes} bytes`, {
    code: 'body_too_large',
    headers: { connection: 'close' }, // the rest of the body is not read
  });
}
