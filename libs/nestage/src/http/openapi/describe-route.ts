import type { Type } from '@nestjs/common';
import { runMethodOf } from '../../core/stage/stage-metadata.js';
import type { StageRoute } from '../../core/discovery/stage-route.js';

/** Where @nestjs/swagger keeps what its decorators were given. Written here by key, so that it stays an optional peer. */
const RESPONSES = 'swagger/apiResponse';
const PARAMETERS = 'swagger/apiParameters';
const CONSUMES = 'swagger/apiConsumes';
const TAGS = 'swagger/apiUseTags';
const OPERATION = 'swagger/apiOperation';
const MODELS = 'swagger/apiExtraModels';

interface DescribedOperation {
  readonly operationId?: string;
}

/**
 * Tells the API document of a route what its types alone don't say: the response DTO, the parameters of path and query, the body beside
 * them, a tag, an id that is its own. What the user decorated himself stands.
 * @internal
 */
export function describeInOpenApi(route: StageRoute, prototype: object, descriptor: TypedPropertyDescriptor<unknown>): void {
  const method = descriptor.value as object;
  const responses = (Reflect.getMetadata(RESPONSES, method) as object | undefined) ?? {};
  Reflect.defineMetadata(RESPONSES, { ...defaultResponses(route), ...responses }, method);
  const parameters = (Reflect.getMetadata(PARAMETERS, method) as readonly object[] | undefined) ?? [];
  Reflect.defineMetadata(PARAMETERS, [...parameters, ...fieldParameters(route), ...bodyParameter(route)], method);
  if (route.body.describe && !Reflect.hasMetadata(CONSUMES, method))
    Reflect.defineMetadata(CONSUMES, route.body.mediaTypes.slice(0, 1), method);
  const operation = Reflect.getMetadata(OPERATION, method) as DescribedOperation | undefined;
  Reflect.defineMetadata(OPERATION, { summary: '', ...operation, operationId: operationIdOf(route) }, method);
  if (route.response) Reflect.defineMetadata(MODELS, [route.response], method);
  if (!Reflect.hasMetadata(TAGS, prototype.constructor)) Reflect.defineMetadata(TAGS, [route.name], prototype.constructor);
}

/** The id of a route's operation: what the user gave it, or its method, path and version in one word. */
export function operationIdOf({ method, path, handler, options: { version } }: StageRoute): string {
  const described = Reflect.getMetadata(OPERATION, runMethodOf(handler)) as DescribedOperation | undefined;
  const words = `${method.toLowerCase()} ${path}${version === undefined ? '' : ` ${String(version)}`}`;
  return (
    described?.operationId ??
    words
      .split(/[^A-Za-z0-9]+/)
      .filter(Boolean)
      .join('_')
  );
}

function defaultResponses(route: StageRoute): Record<number, object> {
  return { [route.status]: { description: '', ...(route.response ? { type: route.response, isArray: false } : {}) } };
}

function fieldParameters({ requestFields }: StageRoute): object[] {
  return requestFields.map(({ source, name, type }) => ({
    in: source,
    name,
    required: source === 'path',
    type: (type as Type | undefined) ?? String,
  }));
}

/** Where path or query fill a part of the DTO, no parameter of the method is the body; its fields are those with `@ApiProperty()`. */
function bodyParameter({ request, requestFields, method, body }: StageRoute): object[] {
  if (body.describe) return [{ in: 'body', type: String, schema: body.describe(request), required: true }];
  const isBeside = method !== 'GET' && method !== 'DELETE' && requestFields.length > 0;
  return isBeside ? [{ in: 'body', type: request, required: true }] : [];
}
