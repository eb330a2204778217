import { Injectable } from '@nestjs/common';
import { match as compile } from 'path-to-regexp';
import type { StageRoute } from '../../core/discovery/stage-route.js';

/** A stage route, `null` for a built-in route of operators, 'client' for one of clients, `undefined` for one of the app's own. @internal */
export type TableRoute = StageRoute | null | 'client' | undefined;

/** @internal */
export const isStageRoute = (route: TableRoute): route is StageRoute => typeof route === 'object' && route !== null;

interface Entry {
  readonly method: string;
  readonly pattern: string;
  readonly matches: (path: string) => boolean;
  readonly route: TableRoute;
}

/**
 * The routes of the app under the paths that they really have: with global prefix, module path and URI version, as the adapter was
 * told. Answers which route a body belongs to before the router has run, and which methods a path would have taken.
 * @internal
 */
@Injectable()
export class RouteTable {
  private readonly entries: Entry[] = [];
  /** Of literal paths, by method: others are without bound. */
  private readonly known = new Map<string, Map<string, StageRoute | undefined>>();

  /** Routes must be added in the order in which the router tries them. */
  add(method: string, pattern: string, route: TableRoute): void {
    this.entries.push({ method: method.toUpperCase(), pattern, matches: matcherOf(pattern), route });
    this.known.clear();
  }

  /**
   * The stage route that a request goes to; of several versions on one path the one that takes the longest body. None where a route of
   * the app's own on another pattern comes first.
   */
  find(method: string, path: string): StageRoute | undefined {
    const known = this.known.get(method);
    const found = known?.get(path);
    return found || known?.has(path) ? found : this.search(method, path);
  }

  /** What answers a request, as the router goes through its routes; one to GET answers HEAD, too. */
  servedBy(method: string, path: string): TableRoute {
    const asked = method === 'HEAD' ? 'GET' : method;
    return this.matching(path).find((entry) => entry.method === asked)?.route;
  }

  /** Any stage route on a path, whatever its method: whose protocol an error there should speak. */
  anyAt(path: string): StageRoute | undefined {
    return this.matching(path)
      .map(({ route }) => route)
      .find(isStageRoute);
  }

  /** Methods that a path of the service answers, the app's own on the same path among them; empty for any other path. */
  methodsAt(path: string): readonly string[] {
    const matching = this.matching(path);
    if (matching.every(({ route }) => route === undefined)) return [];
    const methods = new Set(matching.map(({ method }) => method));
    if (methods.has('GET')) methods.add('HEAD');
    return [...methods].sort();
  }

  /** Where a stage route stands, in the words of the adapter: of several URI versions each by itself. */
  patternsOf(route: StageRoute): readonly string[] {
    const own = this.entries.filter((entry) => entry.route === route && entry.method === route.method);
    return [...new Set(own.map(({ pattern }) => pattern))];
  }

  /** Whether a path is one of the service's own for operators, such as `/health`. */
  isBuiltIn(path: string): boolean {
    return this.matching(path).some(({ route }) => route === null);
  }

  private search(method: string, path: string): StageRoute | undefined {
    const candidates = this.matching(path).filter((entry) => entry.method === method);
    const [first] = candidates;
    const found = candidates
      .filter(({ pattern }) => first.route !== undefined || pattern === first.pattern)
      .flatMap(({ route }) => (isStageRoute(route) ? route : []))
      .sort((a, b) => b.maxBodyBytes - a.maxBodyBytes)[0] as StageRoute | undefined;
    if (candidates.some(({ pattern }) => pattern === path)) this.remember(method, path, found);
    return found;
  }

  private remember(method: string, path: string, found: StageRoute | undefined): void {
    const paths = this.known.get(method) ?? new Map<string, StageRoute | undefined>();
    this.known.set(method, paths.set(path, found));
  }

  private matching(path: string): Entry[] {
    return this.entries.filter((entry) => entry.matches(path));
  }
}

/** Fastify writes a wildcard without a name. A pattern that only the adapter understands matches nothing here. */
function matcherOf(pattern: string): (path: string) => boolean {
  try {
    const matcher = compile(pattern.replace(/\*$/, '*rest'), { trailing: true, sensitive: false });
    return (path) => isMatch(matcher, path);
  } catch {
    return () => false; // such as a parameter with a regular expression
  }
}

function isMatch(matcher: (path: string) => unknown, path: string): boolean {
  try {
    return matcher(path) !== false;
  } catch {
    return false; // a path that can't be decoded belongs to no route
  }
}

/** The path of a request's URL without its query. @internal */
export function pathOf(url: string | undefined): string {
  if (url === undefined) return '/';
  if (!url.includes('?') && !url.includes('#')) return url;
  return url.slice(0, url.search(/[?#]/));
}
