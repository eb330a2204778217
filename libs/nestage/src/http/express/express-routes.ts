import type { StageRoute } from '../../core/discovery/stage-route.js';
import { STAGE_ROUTE } from '../route-metadata.js';
import type { RouteTable } from '../route-table.js';

interface ExpressLayer {
  readonly route?: {
    readonly path: string | readonly string[];
    readonly stack: readonly { readonly method: string; readonly handle: object }[];
  };
}

/** The part of an Express application that is read here. @internal */
export interface ExpressApp {
  readonly router?: { readonly stack: readonly ExpressLayer[] };
}

/** Enters every route of the service into the table under the path that Nest registered it by. @internal */
export function readExpressRoutes(app: ExpressApp, table: RouteTable): void {
  for (const { route } of app.router?.stack ?? []) {
    if (!route) continue;
    for (const { method, handle } of route.stack) {
      const stageRoute = Reflect.getMetadata(STAGE_ROUTE, handle) as StageRoute | null | undefined;
      if (stageRoute === undefined) continue;
      for (const path of pathsOf(route)) table.add(method, path, stageRoute ?? undefined);
    }
  }
}

const pathsOf = ({ path }: NonNullable<ExpressLayer['route']>): readonly string[] => (typeof path === 'string' ? [path] : path);
