import { Injectable } from '@nestjs/common';
import { match as compile } from 'path-to-regexp';
import type { StageRoute } from '../core/discovery/stage-route.js';

interface Entry {
  readonly method: string;
  readonly pattern: string;
  readonly matches: (path: string) => boolean;
  readonly route: StageRoute | undefined;
}

/**
 * The service's own routes under the paths that they really have: with global prefix, module path and URI version, as the adapter was
 * told. Answers which route a body belongs to before the router has run, and which methods a path would have taken.
 * @internal
 */
@Injectable()
export class RouteTable {
  private readonly entries: Entry[] = [];
  private readonly byRequest = new Map<string, StageRoute | undefined>();

  /** @param route the stage route, or `undefined` for a built-in one */
  add(method: string, pattern: string, route: StageRoute | undefined): void {
    const matcher = compile(pattern, { trailing: true, sensitive: false });
    const matches = (path: string): boolean => {
      try {
        return matcher(path) !== false;
      } catch {
        return false; // a path that can't be decoded belongs to no route
      }
    };
    this.entries.push({ method: method.toUpperCase(), pattern, matches, route });
    this.byRequest.clear();
  }

  /** The stage route that a request goes to; of several versions on one path the one that takes the longest body. */
  find(method: string, path: string): StageRoute | undefined {
    const key = `${method} ${path}`;
    if (this.byRequest.has(key)) return this.byRequest.get(key);
    const candidates = this.matching(path).filter((entry) => entry.method === method && entry.route);
    const found = candidates.map(({ route }) => route).sort((a, b) => (b?.maxBodyBytes ?? 0) - (a?.maxBodyBytes ?? 0))[0];
    if (candidates.some(({ pattern }) => pattern === path)) this.byRequest.set(key, found); // literal paths only: others are without bound
    return found;
  }

  /** Any stage route on a path, whatever its method: whose protocol an error there should speak. */
  anyAt(path: string): StageRoute | undefined {
    return this.matching(path).find(({ route }) => route)?.route;
  }

  /** Methods that a path answers; empty for an unknown path. */
  methodsAt(path: string): readonly string[] {
    const methods = new Set(this.matching(path).map(({ method }) => method));
    if (methods.has('GET')) methods.add('HEAD');
    return [...methods].sort();
  }

  /** Whether a path is one of the service's own, such as `/health`. */
  isBuiltIn(path: string): boolean {
    return this.matching(path).some(({ route }) => route === undefined);
  }

  private matching(path: string): Entry[] {
    return this.entries.filter((entry) => entry.matches(path));
  }
}

/** The path of a request's URL without its query. @internal */
export function pathOf(url: string | undefined): string {
  const end = url?.search(/[?#]/) ?? -1;
  return (end < 0 ? url : url?.slice(0, end)) ?? '/';
}
