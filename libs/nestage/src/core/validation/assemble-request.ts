import { isRecord } from '../../common/type-guards.js';
import type { StageRoute } from '../discovery/stage-route.js';

/** What a request brings besides its body. @internal */
export interface RequestParameters {
  readonly path: Readonly<Record<string, unknown>>;
  readonly query: Readonly<Record<string, unknown>>;
}

/**
 * Merges path and query parameters into the body, as the route's DTO says by `@FromPath()` and `@FromQuery()`. A field that comes from
 * there can't be given in the body. Without a body (GET, DELETE) every other field comes from the query.
 * @internal
 */
export function assembleRequest(route: StageRoute, body: unknown, parameters: RequestParameters): unknown {
  const isBodyless = route.method === 'GET' || route.method === 'DELETE';
  const base = isBodyless && body === undefined ? { ...parameters.query } : readTextValues(route, body);
  if (!route.request && isBodyless && isRecord(base)) return { ...base, ...parameters.path };
  if (route.requestFields.length === 0 || (base !== undefined && !isRecord(base))) return base;
  const merged: Record<string, unknown> = { ...base };
  for (const field of route.requestFields) {
    const text = parameters[field.source][field.name];
    if (text === undefined) delete merged[field.property];
    else merged[field.property] = readText(field.type, text);
  }
  return merged;
}

/** Fields of a form are text, or lists of it where a name comes more than once. */
function readTextValues({ body: { hasTextValues }, request }: StageRoute, body: unknown): unknown {
  if (!hasTextValues || !request || !isRecord(body)) return body;
  const typeOf = (name: string): unknown => Reflect.getMetadata('design:type', request.prototype as object, name);
  return Object.fromEntries(Object.entries(body).map(([name, value]) => [name, readText(typeOf(name), value)]));
}

/** Reads a parameter by the declared type; what can't be read stays a text, for the validator to refuse by name. */
function readText(type: unknown, given: unknown): unknown {
  if (type === Array) return Array.isArray(given) ? given : [given];
  if (typeof given !== 'string') return given;
  if (type === Number) return given.trim() !== '' && Number.isFinite(Number(given)) ? Number(given) : given;
  if (type === Boolean) return given === 'true' ? true : given === 'false' ? false : given;
  return given;
}
