import { STAGE_ROUTE } from '../routes/route-metadata.js';
import type { RouteTable, TableRoute } from '../gate/route-table.js';

type PathPattern = string | RegExp;

interface ExpressLayer {
  readonly route?: {
    readonly path: PathPattern | readonly PathPattern[];
    readonly stack: readonly { readonly method: string | undefined; readonly handle: object }[];
  };
}

/** The part of an Express application that is read here. @internal */
export interface ExpressApp {
  readonly router?: { readonly stack: readonly ExpressLayer[] };
}

/** Enters every route of the app into the table, under the path that it was registered by; those of the service carry their mark. */
export function readExpressRoutes(app: ExpressApp, table: RouteTable): void {
  for (const { route } of app.router?.stack ?? []) {
    if (!route) continue;
    for (const { method, handle } of route.stack) {
      const stageRoute = Reflect.getMetadata(STAGE_ROUTE, handle) as TableRoute;
      if (method) for (const path of textsOf(route.path)) table.add(method, path, stageRoute);
    }
  }
}

const textsOf = (path: PathPattern | readonly PathPattern[]): readonly string[] =>
  [path].flat().filter((each): each is string => typeof each === 'string');
