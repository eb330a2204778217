import type { Readable } from 'node:stream';
import type { Type } from '@nestjs/common';
import { RequestError, ValidationError } from '../errors/service-errors.js';
import type { WebServiceError } from '../errors/web-service.error.js';
import { assertWithinLimits, type JsonLimits, resolveJsonLimits } from './json-limits.js';

/**
 * How the body of a route becomes the value that is validated. A route takes the media types of its format and answers 415 to others.
 * @publicApi
 */
export type BodyFormat = BufferedBodyFormat | StreamedBodyFormat;

/** A format that needs the body as a whole; its bytes count against the bodies in flight until the request is over. @publicApi */
export interface BufferedBodyFormat extends BodyFormatBase {
  /**
   * @param bytes the whole body, decompressed, within the route's `maxBodyBytes`
   * @param contentType the header as sent
   * @throws WebServiceError of tier L1 for a body that can't be read
   */
  parse(bytes: Buffer, contentType: string): unknown;
  readonly read?: undefined;
}

/** A format that reads the body while it arrives, and decides what to keep in memory. @publicApi */
export interface StreamedBodyFormat extends BodyFormatBase {
  /**
   * @param body decompressed; fails beyond the route's `maxBodyBytes`, when the client leaves, and when the request is aborted. What is
   * left of it is dropped after a refusal
   * @throws WebServiceError of tier L1 for a body that can't be read
   */
  read(body: Readable, intake: BodyIntake): Promise<unknown>;
  readonly parse?: undefined;
}

/** @publicApi */
export interface BodyFormatBase {
  /** Name for the log and the API document. */
  readonly name: string;
  /** Media types without parameters, `*` for a part of one: `application/json`, `application/*+json`, `image/*`. */
  readonly mediaTypes: readonly string[];
  /** Longest body in bytes where the handler sets no `maxBodyBytes` of its own. */
  readonly maxBytes?: number;
  /** Request DTO where the handler names none. */
  readonly request?: Type;
  /** Whether numbers and booleans come as text, as in a form: they are read by the type that the DTO declares. @default false */
  readonly hasTextValues?: boolean;
  /** What is wrong with a request DTO for this format, said at start; `undefined` when nothing is. */
  requestFault?(request: Type): string | undefined;
  /** What a request without a body is answered with. @default `empty_body` */
  refuseAbsent?(): WebServiceError;
  /** A body of the first media type in the API document, as an OpenAPI schema. @default the request DTO */
  describe?(request: Type | undefined): object;
}

/** What a format that reads while the body arrives may use. All that it takes is given back when the request is over. @publicApi */
export interface BodyIntake {
  /** The Content-Type header as sent. */
  readonly contentType: string;
  /** Fires when the request is no longer wanted. */
  readonly signal: AbortSignal;
  /**
   * Takes a share of the memory that bodies may hold at once (`maxBodyBytesInFlight`); call the result to give it back early.
   * @throws WebServiceError `overloaded` when none is left
   */
  hold(bytes: number): () => void;
  /** Makes an empty temporary file. @throws WebServiceError `overloaded` when the disk is full or no file can be opened */
  createFile(): Promise<TemporaryFile>;
  /** Runs `listener` when the request is over, whatever its outcome, before its temporary files go. */
  onOver(listener: () => void): void;
}

/** A file of one request. @publicApi */
export interface TemporaryFile {
  readonly path: string;
  /** @throws WebServiceError `overloaded` when the disk is full */
  append(bytes: Uint8Array): Promise<void>;
  /** Ends the writing; the file can be read until the request is over. */
  close(): Promise<void>;
}

/**
 * JSON in UTF-8, within limits of its own, for a handler that needs others: `body: jsonBodyWithin({ maxDepth: 500 })`.
 * @throws OptionError for a limit that is no integer >= 1
 * @publicApi
 */
export function jsonBodyWithin(limits: JsonLimits): BufferedBodyFormat {
  const resolved = resolveJsonLimits(limits);
  return {
    name: 'json',
    mediaTypes: ['application/json', 'application/*+json'],
    parse: (bytes, contentType) => parseJson(bytes, contentType, resolved),
  };
}

/** JSON in UTF-8. A body that is not JSON is refused with the place where it stops being so, if the parser tells it, never with its text. @publicApi */
export const jsonBody: BufferedBodyFormat = jsonBodyWithin({});

function parseJson(bytes: Buffer, contentType: string, limits: Required<JsonLimits>): unknown {
  const charset = /;\s*charset\s*=\s*"?([^\s;"]+)/i.exec(contentType)?.[1]?.toLowerCase() ?? 'utf-8';
  if (charset !== 'utf-8' && charset !== 'utf8' && charset !== 'us-ascii') {
    throw new RequestError(`The charset must be utf-8, got ${charset}`, { code: 'unsupported_encoding' });
  }
  const text = bytes.toString('utf8');
  assertWithinLimits(text, limits);
  try {
    // A reviver is slow, so it runs only for the rare text that may hold the key (also when its letters are escaped).
    const reviver = text.includes('__proto__') || text.includes('\\u00') ? dropPollution : undefined;
    return JSON.parse(text.charCodeAt(0) === BYTE_ORDER_MARK ? text.slice(1) : text, reviver) as unknown;
  } catch (error) {
    throw new ValidationError(`The body is not valid JSON${whereOf(error)}`, { code: 'invalid_json', cause: error });
  }
}

const BYTE_ORDER_MARK = 0xfeff;

/** `__proto__` as a key would become a prototype in whatever merges the body later. */
function dropPollution(this: unknown, key: string, value: unknown): unknown {
  return key === '__proto__' ? undefined : value;
}

function whereOf(error: unknown): string {
  const position = /position (\d+)/.exec((error as Error).message)?.[1];
  return position === undefined ? '' : ` (at position ${position})`;
}
