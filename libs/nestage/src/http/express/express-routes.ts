import type { RouteTable, TableRoute } from '../gate/route-table.js';
import { STAGE_ROUTE } from '../routes/route-metadata.js';
import type { ExpressApp, ExpressHandle, ExpressRoute } from './express-app.js';

/** Enters every route of the app into the table, under the path that it was registered by; those of the service carry their mark. */
export function readExpressRoutes(app: ExpressApp, table: RouteTable): void {
  for (const { route } of app.router?.stack ?? []) {
    if (!route) continue;
    for (const { method, handle } of route.stack) {
      if (method) for (const path of textsOf(route.path)) table.add(method, path, markOf(handle));
    }
  }
}

/** What a handler that Nest has registered is marked by. @internal */
export const markOf = (handle: ExpressHandle): TableRoute => Reflect.getMetadata(STAGE_ROUTE, handle) as TableRoute;

const textsOf = (path: ExpressRoute['path']): readonly string[] => [path].flat().filter((each): each is string => typeof each === 'string');
