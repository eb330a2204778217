import { Injectable, type Type } from '@nestjs/common';
import { ModulesContainer } from '@nestjs/core';
import type { InstanceWrapper } from '@nestjs/core/injector/instance-wrapper.js';
import type { Module } from '@nestjs/core/injector/module.js';
import type { StageHandlerDefaults } from '../options/web-service.options.js';
import { declarationsOf, isStageModel, type StageDeclaration } from '../stage/stage-metadata.js';
import { FeatureRoutes } from './feature-routes.js';
import { resolveRoute } from './resolve-route.js';
import { StartFaultError } from './start-fault.js';
import { classLabel, routeLabel, type StageRoute } from './stage-route.js';

/** A class of the user's, where it is provided. @internal */
export interface FoundProvider {
  readonly type: Type;
  readonly wrapper: InstanceWrapper;
  readonly module: Module;
}

/** A route with the provider that serves it. @internal */
export interface FoundRoute extends FoundProvider {
  readonly route: StageRoute;
}

/** All that the service is made of. @internal */
export interface Exploration {
  readonly routes: readonly FoundRoute[];
  readonly models: readonly FoundProvider[];
}

/**
 * Finds handlers, models and listed routes by walking the modules. Runs while providers are still being instantiated, since routes must
 * exist before Nest registers them, so it reads metadata only.
 * @internal
 */
@Injectable()
export class StageExplorer {
  constructor(private readonly modules: ModulesContainer) {}

  /** @throws StartFaultError listing everything that is wrong */
  explore(defaults: StageHandlerDefaults): Exploration {
    const providers = this.providers();
    const faults: string[] = [...this.misplacedHandlers()];
    const attempt = <T>(make: () => T): T | undefined => {
      try {
        return make();
      } catch (error) {
        faults.push((error as Error).message);
        return undefined;
      }
    };
    const routes = [...decorated(providers), ...this.listed(providers, faults)]
      .map(({ provider, declaration }) =>
        attempt(() => ({ ...provider, route: resolveRoute(provider.type, declaration, defaults) }) satisfies FoundRoute),
      )
      .filter((route) => route !== undefined);
    const models = providers.filter(({ type }) => isStageModel(type));
    faults.push(...providedTwice([...routes, ...models]), ...duplicatePaths(routes));
    if (faults.length > 0) throw new StartFaultError([...new Set(faults)]);
    return { routes, models };
  }

  private providers(): FoundProvider[] {
    return [...this.modules.values()].flatMap((module) =>
      [...module.providers.values()].flatMap((wrapper) => {
        const type = classOf(wrapper);
        return type ? [{ type, wrapper, module }] : [];
      }),
    );
  }

  /** Routes of `forFeature`, whose classes must be provided somewhere. */
  private listed(providers: readonly FoundProvider[], faults: string[]): DeclaredProvider[] {
    const lists = [...this.modules.values()].flatMap((module) => [...module.providers.values()]);
    const routes = lists.flatMap(({ instance }) => (instance instanceof FeatureRoutes ? instance.routes : []));
    return routes.flatMap(({ path, handler, options = {} }) => {
      const provider = providers.find(({ type }) => type === handler);
      if (provider) return [{ provider, declaration: { path, options } }];
      faults.push(`${routeLabel(handler, path)} is listed in forFeature but provided nowhere: add it to the providers of one module.`);
      return [];
    });
  }

  private misplacedHandlers(): string[] {
    return [...this.modules.values()].flatMap((module) =>
      [...module.controllers.values()]
        .filter(({ metatype }) => typeof metatype === 'function' && declarationsOf(metatype).length > 0)
        .map(({ metatype }) => `${classLabel(metatype as Type)} stands in the controllers of ${module.name}: move it to its providers.`),
    );
  }
}

interface DeclaredProvider {
  readonly provider: FoundProvider;
  readonly declaration: StageDeclaration;
}

/** The class that a provider stands for: its token where that is decorated (so that a test's override keeps the route), else its type. */
function classOf({ token, metatype, isNotMetatype }: InstanceWrapper): Type | undefined {
  if (typeof token === 'function') return token as Type;
  return !isNotMetatype && typeof metatype === 'function' ? (metatype as Type) : undefined;
}

function decorated(providers: readonly FoundProvider[]): DeclaredProvider[] {
  return providers.flatMap((provider) => declarationsOf(provider.type).map((declaration) => ({ provider, declaration })));
}

function providedTwice(found: readonly FoundProvider[]): string[] {
  const modulesOf = new Map<Type, Set<string>>();
  for (const { type, module } of found) modulesOf.set(type, (modulesOf.get(type) ?? new Set()).add(module.name));
  return [...modulesOf]
    .filter(([, modules]) => modules.size > 1)
    .map(
      ([type, modules]) =>
        `${classLabel(type)} is provided by ${[...modules].join(' and ')}: provide it in one module and export it from there.`,
    );
}

function duplicatePaths(routes: readonly FoundRoute[]): string[] {
  const seen = new Map<string, string>();
  return routes.flatMap(({ route, type }) => {
    const key = `${route.method} ${shapeOf(route.path)} ${JSON.stringify(route.options.version ?? null)}`;
    const label = routeLabel(type, route.path);
    const other = seen.get(key);
    seen.set(key, label);
    return other === undefined || (other === label && isSameProvider(routes, route)) ? [] : [duplicateText(route, type, other)];
  });
}

/** What a router sees of a path: neither its case, nor a slash at its end, nor the names of its parameters. */
function shapeOf(path: string): string {
  return path
    .toLowerCase()
    .replace(/[:*]\w+/g, (parameter) => parameter[0])
    .replace(/(?<=.)\/+$/, '');
}

/** The same class met in two modules is told as "provided twice" only. */
function isSameProvider(routes: readonly FoundRoute[], route: StageRoute): boolean {
  return new Set(routes.filter((each) => each.type === route.handler).map(({ module }) => module)).size > 1;
}

function duplicateText(route: StageRoute, type: Type, other: string): string {
  return `${route.method} '${route.path}' is declared by both ${other} and ${routeLabel(type, route.path)}: give one of them another path, method or version.`;
}
