import type { Type } from '@nestjs/common';
import type { BodyFormat } from '../protocol/body-format.js';
import type { RouteProtocol } from '../protocol/route-protocol.js';
import type { RequestField } from '../stage/request-fields.decorator.js';
import type { StageHandlerOptions, StageMethod } from '../stage/stage-handler.options.js';
import { declarationsOf } from '../stage/stage-metadata.js';

/** One path that a handler answers, with its options merged and checked. @publicApi */
export interface StageRoute {
  readonly path: string;
  readonly method: StageMethod;
  /** Name in logs, metrics and the API document. */
  readonly name: string;
  readonly handler: Type;
  /** Class of the validated request; `undefined` takes bodies as they are. */
  readonly request: Type | undefined;
  /** Fields of the request that come from the path or the query. */
  readonly requestFields: readonly RequestField[];
  readonly response: Type | undefined;
  readonly protocol: RouteProtocol;
  readonly body: BodyFormat;
  readonly status: number;
  readonly validationStatus: 400 | 422;
  readonly unknownFields: 'ignore' | 'keep' | 'refuse';
  readonly undeclaredResponseFields: 'strip' | 'keep' | 'refuse';
  readonly maxBodyBytes: number;
  readonly produces: readonly string[];
  /** All options as given, module defaults below the handler's own: rooms read theirs here. */
  readonly options: StageHandlerOptions;
}

/** What a route is called on every machine of a service: `POST /v1/x`, and its version if it has one. @internal */
export function routeKey(route: StageRoute): string {
  const version = versionOf(route);
  return [route.method, route.path, ...(version === undefined ? [] : [version])].join(' ');
}

/** Its versions in one word: `1,2`. @internal */
export const versionOf = ({ options: { version } }: StageRoute): string | undefined =>
  version === undefined ? undefined : [version].flat().join(',');

/** The class name and path that every fault at start begins with. @internal */
export const routeLabel = (handler: Type, path: string): string => `${handler.name} ('${path}')`;

/** The same for a fault of the class as a whole: with all paths that it declares. @internal */
export function classLabel(type: Type): string {
  const paths = declarationsOf(type).map(({ path }) => `'${path}'`);
  return paths.length > 0 ? `${type.name} (${paths.join(', ')})` : type.name;
}
