import type { Type } from '@nestjs/common';
import type { BodyFormat } from '../protocol/body-format.js';
import type { RouteProtocol } from '../protocol/route-protocol.js';

/** HTTP methods that a handler may answer. @publicApi */
export const STAGE_METHODS = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'] as const;

/** @see STAGE_METHODS @publicApi */
export type StageMethod = (typeof STAGE_METHODS)[number];

/**
 * Options of one handler; each may also be given for all handlers in `WebServiceModule.forRoot({ defaults })`, but for those that
 * belong to one route (`request`, `response`, `method`, `version`, `name`). Rooms that add a capability add their option here.
 * @publicApi
 */
export interface StageHandlerOptions<Request = unknown, Response = unknown> {
  /**
   * Class that the body is validated against, with class-validator decorators on its fields. `false` takes the body as it is.
   * @default the type of `preProcess`'s first parameter, when that method carries `@InferDto()`
   */
  readonly request?: Type<Request> | false;
  /** Class that the response is checked against: a contract with the client. Without it the value is sent as it is. */
  readonly response?: Type<Response>;
  /** A body that is answered with success when sent as it is: shown in the API document. @default made of the examples of the DTO's fields */
  readonly example?: object;
  /** @default 'POST' */
  readonly method?: StageMethod;
  /** Nest version of the route, for URI, header or media-type versioning. */
  readonly version?: string | readonly string[];
  /** Name in logs, metrics and the API document. @default the class's name */
  readonly name?: string;
  /** Status of a successful reply; a stage may set another on `context.response`. @default 200 */
  readonly status?: number;
  /** Status of a refused request: 400 or 422. @default 400 */
  readonly validationStatus?: 400 | 422;
  /** What happens to body fields that the request DTO does not declare. @default 'ignore' (the handler never sees them) */
  readonly unknownFields?: 'ignore' | 'keep' | 'refuse';
  /** What happens to response fields that the response DTO does not declare. @default 'strip' */
  readonly undeclaredResponseFields?: 'strip' | 'keep' | 'refuse';
  /** Longest body in bytes; more is answered with 413 while it arrives. @default 1 MB, and of an upload what its files may need */
  readonly maxBodyBytes?: number;
  /** How the bytes of a body are read. @default JSON */
  readonly body?: BodyFormat;
  /**
   * The same as `body`, for routes that take files: what `images()` and `files()` of `nestage/uploads` give. They carry all that it takes,
   * so no module needs to be imported.
   */
  readonly upload?: BodyFormat;
  /** Media types that the reply may have, checked against Accept before any work. @default JSON, and both stream forms */
  readonly produces?: readonly string[];
  /** How bodies, results and errors look on the wire. @default plain JSON with the service's error body */
  readonly protocol?: RouteProtocol;
}
