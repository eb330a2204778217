import { tracingChannel } from 'node:diagnostics_channel';
import type { StageRoute } from '../../core/discovery/stage-route.js';
import { isPromiseLike } from '../../common/type-guards.js';
import type { ExpressApp, ExpressHandle, ExpressLayer, ExpressNext, ExpressRequest, ExpressResponse, ExpressRoute } from './express-app.js';
import type { BareRoutes } from '../routes/bare-routes.js';
import { markOf } from './express-routes.js';
import { isStageRoute } from '../gate/route-table.js';

/** Marks a middleware that lets every request pass whose body has been read. @internal */
export const PASSES_READ_BODIES = Symbol('nestage:passes-read-bodies');

/** Name of the middleware from which requests are taken on. @internal */
export const GATE_NAME = 'nestageGate';

/** What the router would come to for a method and a literal path. */
interface Target {
  readonly route: StageRoute;
  readonly layer: ExpressRoute;
  readonly handle: ExpressHandle;
}

/** Told by Express of each layer that it calls. */
const TRACE = tracingChannel('express.router.request');

/**
 * Takes a request of a stage route on a literal path straight to Nest's handler, past the layers of Express's router that would let it
 * through: body parsers, and what stands on other paths, such as the API document's. That is a fifteenth of what a small request costs.
 * Where anything else takes part, such as the app's own middleware or somebody who traces Express, the router does it as ever.
 * @internal
 */
export class RouterShortcut {
  private targets = new Map<string | undefined, Map<string, Target>>();
  private layersSeen = 0;

  constructor(
    private readonly app: ExpressApp,
    private readonly bare: BareRoutes,
  ) {}

  /** @param next the router's own way, from the layer after the gate on */
  take(request: ExpressRequest, response: ExpressResponse, path: string, next: ExpressNext): void {
    const stack = this.app.router?.stack ?? [];
    if (stack.length !== this.layersSeen) this.learn(stack);
    const target = this.targets.get(request.method)?.get(path);
    if (!target || isTraced()) return next();
    try {
      const result = this.bare.answer(target.route, { request, response, ordinary: () => call(target, request, response, next) });
      if (isPromiseLike(result)) result.then(undefined, next);
    } catch (error) {
      next(error);
    }
  }

  private learn(stack: readonly ExpressLayer[]): void {
    this.layersSeen = stack.length;
    this.targets = new Map();
    const layers = stack.slice(stack.findIndex(({ handle }) => handle.name === GATE_NAME) + 1);
    for (const { route: layer } of layers) {
      const [only, ...others] = layer?.stack ?? [];
      if (!layer || others.length > 0 || typeof layer.path !== 'string' || !only.method) continue;
      const route = markOf(only.handle);
      if (!isStageRoute(route) || firstFor(layers, only.method, layer.path)?.route !== layer) continue;
      this.add(only.method, layer.path, { route, layer, handle: only.handle });
    }
  }

  private add(method: string, path: string, target: Target): void {
    const name = method.toUpperCase();
    const paths = this.targets.get(name) ?? new Map<string, Target>();
    this.targets.set(name, paths.set(path, target));
  }
}

/** Calls Nest's handler with all that Express would have told of the request. */
function call({ handle, layer }: Target, request: ExpressRequest, response: ExpressResponse, next: ExpressNext): unknown {
  request.originalUrl ??= request.url;
  request.baseUrl ??= '';
  request.params = Object.create(null) as object;
  request.route = layer;
  response.locals ??= Object.create(null) as object;
  return handle(request, response, next);
}

/** The first layer that does anything with such a request. */
function firstFor(layers: readonly ExpressLayer[], method: string, path: string): ExpressLayer | undefined {
  return layers.find((layer) => {
    if (PASSES_READ_BODIES in layer.handle || !layer.match(path)) return false;
    return !layer.route || layer.route.stack.some((each) => each.method === undefined || each.method === method);
  });
}

/** As Express asks it: Node has had one question for all five since 20.13 only. */
function isTraced(): boolean {
  const { start, end, asyncStart, asyncEnd, error } = TRACE;
  return start.hasSubscribers || end.hasSubscribers || asyncStart.hasSubscribers || asyncEnd.hasSubscribers || error.hasSubscribers;
}
