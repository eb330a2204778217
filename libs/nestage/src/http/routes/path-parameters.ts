import { wildcardOf } from '../../core/discovery/path-wildcard.js';

type PathParameters = Readonly<Record<string, unknown>>;

/** Reads the path parameters of one route's requests. @internal */
export type ReadPathParameters = (given: unknown) => PathParameters;

/**
 * Path parameters as decoded texts, on both adapters alike. What a wildcard stands for comes from Express in pieces, cut at the slashes that
 * were not encoded, and from Fastify under the name `*`.
 * @internal
 */
export function pathParametersOf(path: string): ReadPathParameters {
  const name = wildcardOf(path);
  if (name === undefined) return (given) => (given ?? {}) as PathParameters;
  return (given) => {
    const { '*': rest, ...parameters } = (given ?? {}) as PathParameters;
    const value = rest ?? parameters[name];
    return { ...parameters, [name]: Array.isArray(value) ? value.join('/') : value };
  };
}

/** A pattern of ours as Fastify writes it: it knows wildcards without names only. @internal */
export const toFastifyPattern = (pattern: string): string => (wildcardOf(pattern) === undefined ? pattern : pattern.replace(/\*\w+$/, '*'));
