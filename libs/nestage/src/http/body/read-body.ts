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
 * The budget is given back when the request is over. It fails with a WebServiceError `unsupported_media_type`, `unsupported_encoding`,
 * `body_too_large`, `empty_body`, `invalid_json`, `overloaded`, or what the format refuses.
 * @internal
 */
export function readBody(init: ReadBodyInit, outcome: ReadingOutcome<ReadBody>): void {
  let read: Reading;
  try {
    read = readingOf(init);
  } catch (error) {
    return outcome.failed(error);
  }
  read(outcome);
}

/** What is left to do once the head of a request has been found good. */
type Reading = (outcome: ReadingOutcome<ReadBody>) => void;

/** @throws WebServiceError for what the head alone tells to be wrong */
function readingOf(init: ReadBodyInit): Reading {
  const { request, route } = init;
  const { headers } = request;
  const declared = headers['content-length'] === undefined ? undefined : Number(headers['content-length']);
  if (route.method === 'GET' || (headers['transfer-encoding'] === undefined && !declared)) {
    const empty = emptyBody(route);
    return ({ done }) => done(empty);
  }
  const contentType = headers['content-type'] ?? '';
  if (!route.body.mediaTypes.some((type) => matchesMediaType(contentType, type))) {
    throw new RequestError(`The content type must be ${route.body.mediaTypes.join(' or ')}, got ${contentType || 'none'}`, {
      code: 'unsupported_media_type',
    });
  }
  if (declared !== undefined && declared > route.maxBodyBytes) throw tooLarge(route);
  const arrival: Arrival = { ...init, source: decompressed(request, headers['content-encoding']), contentType, declared };
  return route.body.read ? streamedReading(arrival, route.body) : bufferedReading(arrival, route.body);
}

interface Arrival extends ReadBodyInit {
  readonly source: Readable;
  readonly contentType: string;
  /** Bytes by Content-Length. */
  readonly declared: number | undefined;
}

function streamedReading(arrival: Arrival, format: StreamedBodyFormat): Reading {
  const { request, route, context, source, declared } = arrival;
  const intake = new RequestIntake(arrival);
  const failure = source === request ? closed : corrupt;
  const arriving = new ArrivingBody({ source, context, failure, maxBytes: route.maxBodyBytes, tooLarge: () => tooLarge(route) });
  return ({ done, failed }) =>
    void arriving.readBy((body) => format.read(body, intake)).then((value) => done({ value, bytes: declared ?? arriving.bytes }), failed);
}

function bufferedReading(arrival: Arrival, format: BufferedBodyFormat): Reading {
  const { request, route, context, source, contentType, declared } = arrival;
  if (declared !== undefined) context.onDispose(arrival.budget.take(declared));
  const init: CollectBodyInit = {
    source,
    context,
    maxBytes: route.maxBodyBytes,
    tooLarge: () => tooLarge(route),
    failure: source === request ? undefined : corrupt,
    budget: declared === undefined ? arrival.budget : undefined,
  };
  return ({ done, failed }) =>
    collectBody(init, {
      failed,
      done: (bytes) => {
        let body: ReadBody;
        try {
          body = bytes.length === 0 ? emptyBody(route) : { value: format.parse(bytes, contentType), bytes: declared ?? bytes.length };
        } catch (error) {
          return failed(error);
        }
        done(body);
      },
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
