import { Injectable, NotFoundException, type Type } from '@nestjs/common';
import { METHOD_METADATA, PATH_METADATA } from '@nestjs/common/constants.js';
import { ApplicationConfig, ModuleRef, ModulesContainer } from '@nestjs/core';
import { STATIC_CONTEXT } from '@nestjs/core/injector/constants.js';
import type { Module } from '@nestjs/core/injector/module.js';
import { isInstance } from '../common/type-guards.js';
import type { FoundRoute } from '../core/discovery/stage-explorer.js';
import { routeLabel } from '../core/discovery/stage-route.js';
import { LogWriter } from '../core/log/log-writer.js';
import { jsonProtocol } from '../core/protocol/json.protocol.js';
import { appConfigOf } from './routes/app-config.js';
import { BareRoutes } from './routes/bare-routes.js';
import { type BuiltInRouteInit, createBuiltInController } from './builtin/builtin-controller.factory.js';
import { ContextOpener } from './context/context-opener.js';
import { StageErrorFilter } from './error.filter.js';
import { GateChecks } from './gate/gate-checks.js';
import { ErrorResponder } from './reply/error-responder.js';
import { RequestError } from '../core/errors/service-errors.js';
import { rawRequest, type AdapterRequest } from './request-of.js';
import { pathOf, RouteTable } from './gate/route-table.js';
import { createStageController } from './routes/stage-controller.factory.js';
import { StageTransport } from './stage-transport.js';

/** A page or route of the service with what it is called. @internal */
export interface Landmark {
  readonly title: string;
  /** As clients see it. */
  readonly path: string;
}

/**
 * Adds the service's controllers to the app's modules. Must run before Nest makes its routes; a module's constructor does.
 * @internal
 */
@Injectable()
export class ServiceRoutes {
  private readonly titled: Landmark[] = [];

  constructor(
    private readonly modules: ModulesContainer,
    private readonly moduleRef: ModuleRef,
    private readonly transport: StageTransport,
    private readonly responder: ErrorResponder,
    private readonly opener: ContextOpener,
    private readonly table: RouteTable,
    private readonly log: LogWriter,
    private readonly checks: GateChecks,
    private readonly bare: BareRoutes,
  ) {}

  /** Each handler's route becomes a controller of the module that provides the handler, so that its guards find their providers. */
  addStages(routes: readonly FoundRoute[]): void {
    for (const found of routes) {
      const { route, module } = found;
      const filter = this.filter(() => route.protocol);
      addController(module, createStageController({ route, serve: this.bare.add(found, this.transport.serve(found)), filter }));
      this.log.write('INFO', `Register handler for request_type: ${route.request?.name ?? 'any'}`);
      this.log.write('DEBUG', `Register route: ${route.path}, handler_cls: ${route.handler.name}`);
    }
  }

  /** A path as clients see it: below the app's prefix. */
  withPrefix(path: string): string {
    return [this.appConfig.getGlobalPrefix(), path]
      .flatMap((part) => part.split('/').filter(Boolean))
      .reduce((all, part) => `${all}/${part}`, '');
  }

  /** A built-in route steps aside for the app's own controller on its path. */
  addBuiltIns(routes: readonly BuiltInRouteInit[], host: Type): void {
    const module = [...this.modules.values()].find(({ metatype }) => metatype === host);
    const taken = takenPaths([...this.modules.values()]);
    for (const route of routes) {
      if (route.title !== undefined) this.titled.push({ title: route.title, path: route.path });
      if (taken.has(normalize(route.path))) this.log.write('INFO', `Built-in route ${route.path} is off: the app has its own`);
      else if (module)
        addController(
          module,
          createBuiltInController(
            route,
            this.filter(() => jsonProtocol),
            this.checks,
          ),
        );
    }
  }

  /** Those built-in routes with a title that are served, where they are served, by their titles. Known once the app has been initialized. */
  get landmarks(): readonly Landmark[] {
    const { table } = this;
    const found = this.titled.flatMap(({ title, path }) => {
      const served = [this.withPrefix(path), path].find((each) => table.isBuiltIn(each)); // an app may exclude paths from its prefix
      return served === undefined ? [] : { title, path: served };
    });
    return found.sort((a, b) => a.title.localeCompare(b.title));
  }

  /** What is wrong with the versions of routes: without versioning, Express leaves them out and Fastify fails without a word on them. */
  versionFaults(routes: readonly FoundRoute[]): readonly string[] {
    if (this.appConfig.getVersioning()) return [];
    return routes.flatMap(({ route, type }) =>
      route.options.version === undefined
        ? []
        : `${routeLabel(type, route.path)} has a "version", but the app has no versioning: call app.enableVersioning() before it listens, or leave the option out.`,
    );
  }

  /** Takes over what no controller answers: 404, 405, body errors of other routes, and errors of ordinary controllers. */
  takeOver(): void {
    const routeOf = (request: AdapterRequest) => this.table.anyAt(pathOf(rawRequest(request).url));
    this.appConfig.addGlobalFilter(
      new StageErrorFilter({
        responder: this.responder,
        opener: this.opener,
        appConfig: undefined,
        protocol: (request) => routeOf(request)?.protocol ?? jsonProtocol,
        refine: (thrown, request) => this.refineNotFound(thrown, request),
      }),
    );
  }

  private filter(protocol: () => typeof jsonProtocol): StageErrorFilter {
    return new StageErrorFilter({ responder: this.responder, opener: this.opener, appConfig: this.appConfig, protocol });
  }

  /**
   * The router's own 404 is a 405 where the path exists with another method; else it is told without the query. A 404 that somebody
   * throws stays as it is.
   */
  private refineNotFound(thrown: unknown, request: AdapterRequest): unknown {
    const { method = '', url } = rawRequest(request);
    if (!isInstance(thrown, NotFoundException) || !thrown.message.startsWith(`Cannot ${method} /`)) return thrown;
    const allowed = this.table.methodsAt(pathOf(url));
    if (allowed.length === 0 || allowed.includes(method)) {
      return new RequestError(`No route for ${method} ${pathOf(url)}`, { code: 'not_found', cause: thrown });
    }
    return new RequestError(`${method} is not allowed here, use ${allowed.join(' or ')}`, {
      code: 'method_not_allowed',
      headers: { allow: allowed.join(', ') },
    });
  }

  private get appConfig(): ApplicationConfig {
    return appConfigOf(this.moduleRef);
  }
}

/**
 * Adds a controller with its instance: modules are instantiated side by side, and the one that gets it may have made its controllers
 * already. It needs no injection.
 */
function addController(module: Module, type: Type): void {
  module.addController(type as Type<object>);
  const wrapper = module.controllers.get(type);
  if (!wrapper) return;
  wrapper.instance = new type() as object;
  wrapper.getInstanceByContextId(STATIC_CONTEXT).isResolved = true;
}

function takenPaths(modules: readonly Module[]): ReadonlySet<string> {
  const controllers = modules.flatMap(({ controllers }) => [...controllers.values()].map(({ metatype }) => metatype));
  return new Set(controllers.filter((type) => typeof type === 'function').flatMap((type) => getPathsOf(type as Type)));
}

/** Paths of the GET (or any-method) routes of a controller class. */
function getPathsOf(controller: Type): string[] {
  const heads = [Reflect.getMetadata(PATH_METADATA, controller) as string | string[] | undefined].flat().map((path) => path ?? '');
  const prototype = controller.prototype as Record<string, unknown>;
  const methods = Object.getOwnPropertyNames(prototype).map((name) => Object.getOwnPropertyDescriptor(prototype, name)?.value as unknown);
  const tails = methods
    .filter((method) => typeof method === 'function' && [0, 5].includes(Reflect.getMetadata(METHOD_METADATA, method) as number))
    .flatMap((method) => [Reflect.getMetadata(PATH_METADATA, method as object) as string | string[]].flat());
  return heads.flatMap((head) => tails.map((tail) => normalize(`${head}/${tail}`)));
}

const normalize = (path: string): string => `/${path.split('/').filter(Boolean).join('/')}`;
