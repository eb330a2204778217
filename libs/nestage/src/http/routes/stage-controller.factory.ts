import { Body, Controller, type ExceptionFilter, HttpCode, Req, RequestMapping, RequestMethod, Res, type Type } from '@nestjs/common';
import { runMethodOf } from '../../core/stage/stage-metadata.js';
import type { StageRoute } from '../../core/discovery/stage-route.js';
import { describeInOpenApi } from '../openapi/describe-route.js';
import { FASTIFY_ROUTE_CONFIG, GENERATED, STAGE_ROUTE } from './route-metadata.js';
import type { AdapterRequest, AdapterResponse } from '../request-of.js';
import type { ServeRoute } from '../route-service.js';

/** Where Nest keeps what `@UseFilters` was given. */
const FILTERS = '__exceptionFilters__';
/** Metadata that belongs to the class as a provider and means nothing, or harm, on a controller. */
const OWN_TO_PROVIDERS = /^(?:design:|self:|optional:|nestage:|__injectable__|scope:options|__controller__|path|host|version)/;

/** @internal */
export interface StageControllerInit {
  readonly route: StageRoute;
  readonly serve: ServeRoute;
  readonly filter: ExceptionFilter;
}

/**
 * An ordinary Nest controller for one stage route, so that guards, pipes, interceptors, filters, prefix, versioning, throttler and
 * Swagger treat it as any other. Enhancers on the handler class come over, those on `run` to the controller's method.
 * @internal
 */
export function createStageController({ route, serve, filter }: StageControllerInit): Type {
  const isPiped = hasWholeBody(route);
  class StageController {
    handle(body: unknown, request: AdapterRequest, response: AdapterResponse): unknown {
      return serve(isPiped ? body : request.body, request, response);
    }
  }
  const { prototype } = StageController;
  const descriptor = Object.getOwnPropertyDescriptor(prototype, 'handle') as TypedPropertyDescriptor<unknown>;
  const method = descriptor.value as object;
  Object.defineProperty(StageController, 'name', { value: route.name });

  copyMetadata(route.handler, StageController);
  copyMetadata(runMethodOf(route.handler), method);
  addInnermostFilter(StageController, filter);

  const { version } = route.options;
  Controller({ path: route.path, ...(version === undefined ? {} : { version: version as string | string[] }) })(StageController);
  RequestMapping({ path: '/', method: RequestMethod[route.method] })(prototype, 'handle', descriptor);
  if (!Reflect.hasMetadata('__httpCode__', method)) HttpCode(route.status)(prototype, 'handle', descriptor);
  bindParameters(route, prototype);
  describeInOpenApi(route, prototype, descriptor);
  Reflect.defineMetadata(GENERATED, true, StageController);
  Reflect.defineMetadata(STAGE_ROUTE, route, method);
  Reflect.defineMetadata(FASTIFY_ROUTE_CONFIG, { [STAGE_ROUTE]: route }, method);
  return StageController;
}

/**
 * Whether the body goes through the app's own pipes with the DTO as its type. Not where path or query fill a part of the DTO: a pipe would
 * refuse the half of it that the body is. Nor where it holds files: pipes that make DTOs would copy them field by field.
 */
function hasWholeBody({ method, requestFields, body }: StageRoute): boolean {
  return !body.read && method !== 'GET' && method !== 'DELETE' && requestFields.length === 0;
}

function bindParameters(route: StageRoute, prototype: object): void {
  if (hasWholeBody(route)) Body()(prototype, 'handle', 0);
  Req()(prototype, 'handle', 1);
  Res({ passthrough: true })(prototype, 'handle', 2);
  Reflect.defineMetadata('design:paramtypes', [route.request ?? Object, Object, Object], prototype, 'handle');
}

function copyMetadata(from: object, to: object): void {
  for (const key of Reflect.getMetadataKeys(from) as unknown[]) {
    if (!OWN_TO_PROVIDERS.test(String(key))) Reflect.defineMetadata(key, Reflect.getMetadata(key, from) as unknown, to);
  }
}

/** What stands first is asked last: the user's own come before ours. */
function addInnermostFilter(target: object, ours: ExceptionFilter): void {
  const theirs = (Reflect.getMetadata(FILTERS, target) as readonly unknown[] | undefined) ?? [];
  Reflect.defineMetadata(FILTERS, [ours, ...theirs], target);
}
