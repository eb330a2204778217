import type { IncomingMessage } from 'node:http';
import type { Readable } from 'node:stream';
import { createBrotliDecompress, createGunzip, createInflate } from 'node:zlib';
import type { RequestContext } from '../../core/context/request-context.js';
import type { StageRoute } from '../../core/discovery/stage-route.js';
import { RequestError, ValidationError } from '../../core/errors/service-errors.js';
import { requestFieldsOf } from '../../core/stage/request-fields.decorator.js';
import type { BufferedBodyFormat, StreamedBodyFormat } from '../../core/protocol/body-format.js';
import { ArrivingBody, closed } from './arriving-body.js';
import type { BodyBudget } from './body-budget.js';
import { collectBody, type CollectBodyInit, type ReadingOutcome } from './collect-body.js';
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

interface BodyHead {
  readonly contentType: string;
  /** Bytes by Content-Length. */
  readonly declared: number | undefined;
  /** The request, or what decompresses it. */
  readonly source: Readable;
}

class BodyReading {
  constructor(
    private readonly init: ReadBodyInit,
    private readonly outcome: ReadingOutcome<unknown>,
  ) {}

  begin(): void {
    let head: BodyHead | ReadBody;
    try {
      head = this.acceptHead();
    } catch (error) {
      return this.failed(error);
    }
    if ('value' in head) return this.done(head);
    const format = this.init.route.body;
    if (format.read) this.readStreamed(head, format);
    else this.readBuffered(head, format);
  }

  private acceptHead(): BodyHead | ReadBody {
    const { request, route, context, budget } = this.init;
    const { headers } = request;
    const declared = headers['content-length'] === undefined ? undefined : Number(headers['content-length']);
    if (route.method === 'GET' || (headers['transfer-encoding'] === undefined && !declared)) return emptyBody(route);
    const contentType = headers['content-type'] ?? '';
    if (!route.body.mediaTypes.some((type) => matchesMediaType(contentType, type))) {
      throw new RequestError(`The content type must be ${route.body.mediaTypes.join(' or ')}, got ${contentType || 'none'}`, {
        code: 'unsupported_media_type',
      });
    }
    if (declared !== undefined && declared > route.maxBodyBytes) throw tooLarge(route);
    const source = decompressed(request, headers['content-encoding']);
    if (declared !== undefined && !route.body.read) context.onDispose(budget.take(declared));
    return { contentType, declared, source };
  }

  private readStreamed({ contentType, declared, source }: BodyHead, format: StreamedBodyFormat): void {
    const { request, route, context } = this.init;
    const intake = new RequestIntake({ ...this.init, contentType });
    const failure = source === request ? closed : corrupt;
    const arriving = new ArrivingBody({ source, context, failure, maxBytes: route.maxBodyBytes, tooLarge: () => tooLarge(route) });
    void arriving
      .readBy((body) => format.read(body, intake))
      .then(
        (value) => this.done({ value, bytes: declared ?? arriving.bytes }),
        (error: unknown) => this.failed(error),
      );
  }

  private readBuffered({ contentType, declared, source }: BodyHead, format: BufferedBodyFormat): void {
    const { request, route, context, budget } = this.init;
    const limits: CollectBodyInit = {
      source,
      context,
      maxBytes: route.maxBodyBytes,
      tooLarge: () => tooLarge(route),
      failure: source === request ? undefined : corrupt,
      budget: declared === undefined ? budget : undefined,
    };
    collectBody(limits, {
      done: (bytes) => {
        let body: ReadBody;
        try {
          body = bytes.length === 0 ? emptyBody(route) : { value: format.parse(bytes, contentType), bytes: declared ?? bytes.length };
        } catch (error) {
          return this.failed(error);
        }
        this.done(body);
      },
      failed: (error) => this.failed(error),
    });
  }

  private done(body: ReadBody): void {
    bindBody(this.init.request, body);
    this.outcome.done(body.value);
  }

  private failed(error: unknown): void {
    dropRest(this.init.request, error);
    this.outcome.failed(error);
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
