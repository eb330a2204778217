import type { IncomingMessage } from 'node:http';
import type { Readable } from 'node:stream';
import { createBrotliDecompress, createGunzip, createInflate } from 'node:zlib';
import type { RequestContext } from '../../core/context/request-context.js';
import type { StageRoute } from '../../core/discovery/stage-route.js';
import { RequestError, ValidationError } from '../../core/errors/service-errors.js';
import type { StreamedBodyFormat } from '../../core/protocol/body-format.js';
import { ArrivingBody, closed } from './arriving-body.js';
import type { BodyBudget } from './body-budget.js';
import { type BodyTaker, collectBody, type ReadingOutcome } from './collect-body.js';
import { dropRest } from './drop-rest.js';
import { matchesMediaType } from './media-type.js';
import { bindBody } from '../request-of.js';
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
 * Reads, bounds, decompresses and parses the body of a stage route, and keeps it with the request. The same code serves every adapter, so that they refuse alike.
 * The budget is given back when the request is over, and the rest of a refused body is dropped. It fails with a WebServiceError `unsupported_media_type`, `unsupported_encoding`,
 * `body_too_large`, `empty_body`, `invalid_json`, `overloaded`, or what the format refuses.
 * @internal
 */
export function readBody(init: ReadBodyInit, outcome: ReadingOutcome<unknown>): void {
  new BodyReading(init, outcome).begin();
}

class BodyReading implements BodyTaker {
  private readonly contentType: string;
  /** Bytes by Content-Length. */
  private readonly declared: number | undefined;

  constructor(
    private readonly init: ReadBodyInit,
    private readonly outcome: ReadingOutcome<unknown>,
  ) {
    const { headers } = init.request;
    this.contentType = headers['content-type'] ?? '';
    this.declared = headers['content-length'] === undefined ? undefined : Number(headers['content-length']);
  }

  begin(): void {
    const { body: format } = this.init.route;
    let source: Readable;
    if (this.isEmpty()) return this.absent();
    try {
      source = this.accept();
    } catch (error) {
      return this.failed(error);
    }
    if (format.read) this.readStreamed(source, format);
    else this.readBuffered(source);
  }

  /** All bytes of a body that is read as a whole. */
  done(bytes: Buffer): void {
    if (bytes.length === 0) return this.absent();
    let value: unknown;
    try {
      value = this.parse(bytes);
    } catch (error) {
      return this.failed(error);
    }
    this.give({ value, bytes: this.declared ?? bytes.length });
  }

  failed(error: unknown): void {
    dropRest(this.init.request, error);
    this.outcome.failed(error);
  }

  tooLarge(): Error {
    const { maxBodyBytes } = this.init.route;
    return new RequestError(`The body is longer than ${maxBodyBytes} bytes`, {
      code: 'body_too_large',
      headers: { connection: 'close' }, // the rest of the body is not read
    });
  }

  private isEmpty(): boolean {
    const { request, route } = this.init;
    return route.method === 'GET' || (request.headers['transfer-encoding'] === undefined && !this.declared);
  }

  /** No body is fine where none is needed: GET, DELETE, routes that take anything, and DTOs filled from the path or query. */
  private absent(): void {
    const { method, request, requestFields, body } = this.init.route;
    if (method === 'GET' || method === 'DELETE' || !request || requestFields.length > 0) return this.give(NO_BODY);
    this.failed(body.refuseAbsent?.() ?? new ValidationError('The body is empty: send the request as JSON', { code: 'empty_body' }));
  }

  /** @returns the request, or what decompresses it */
  private accept(): Readable {
    const { request, route, context, budget } = this.init;
    const { contentType, declared } = this;
    const { body: format } = route;
    const { mediaTypes } = format;
    if (!mediaTypes.some((type) => matchesMediaType(contentType, type))) {
      throw new RequestError(`The content type must be ${mediaTypes.join(' or ')}, got ${contentType || 'none'}`, {
        code: 'unsupported_media_type',
      });
    }
    if (declared !== undefined && declared > route.maxBodyBytes) throw this.tooLarge();
    const source = decompressed(request, request.headers['content-encoding']);
    if (declared !== undefined && !format.read) context.onDispose(budget.take(declared));
    return source;
  }

  private readStreamed(source: Readable, format: StreamedBodyFormat): void {
    const { request, route, context } = this.init;
    const intake = new RequestIntake({ ...this.init, contentType: this.contentType });
    const failure = source === request ? closed : corrupt;
    const arriving = new ArrivingBody({ source, context, failure, maxBytes: route.maxBodyBytes, tooLarge: () => this.tooLarge() });
    void arriving
      .readBy((body) => format.read(body, intake))
      .then(
        (value) => this.give({ value, bytes: this.declared ?? arriving.bytes }),
        (error: unknown) => this.failed(error),
      );
  }

  private readBuffered(source: Readable): void {
    const { request, route, context, budget } = this.init;
    const failure = source === request ? undefined : corrupt;
    const share = this.declared === undefined ? budget : undefined;
    collectBody({ source, context, maxBytes: route.maxBodyBytes, failure, budget: share }, this);
  }

  private parse(bytes: Buffer): unknown {
    const { body: format } = this.init.route;
    return format.read ? undefined : format.parse(bytes, this.contentType);
  }

  private give(body: ReadBody): void {
    bindBody(this.init.request, body);
    this.outcome.done(body.value);
  }
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
