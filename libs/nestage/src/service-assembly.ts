import { Inject, Injectable, Logger, type Type } from '@nestjs/common';
import { ModulesContainer } from '@nestjs/core';
import { StageExplorer } from './core/discovery/stage-explorer.js';
import { StartFaultError } from './core/discovery/start-fault.js';
import { StageRuntime } from './core/initialize/stage-runtime.js';
import { LogWriter } from './core/log/log-writer.js';
import { OptionClaims } from './core/options/option-claims.js';
import {
  RESOLVED_OPTIONS,
  type ResolvedWebServiceOptions,
  WEB_SERVICE_OPTIONS,
  type WebServiceOptions,
} from './core/options/web-service.options.js';
import { AdapterBinding } from './http/adapter-binding.js';
import { BuiltInRoutes } from './http/builtin/built-in-routes.js';
import { ServiceRoutes } from './http/service-routes.js';
import { NestLogBridge } from './logging/nest-logger.js';
import { ServiceInitialization } from './service-initialization.js';

/** Puts the service together out of what the app declares, before Nest makes its routes. @internal */
@Injectable()
export class ServiceAssembly {
  constructor(
    @Inject(WEB_SERVICE_OPTIONS) private readonly given: WebServiceOptions,
    @Inject(RESOLVED_OPTIONS) private readonly options: ResolvedWebServiceOptions,
    private readonly modules: ModulesContainer,
    private readonly explorer: StageExplorer,
    private readonly runtime: StageRuntime,
    private readonly routes: ServiceRoutes,
    private readonly builtInRoutes: BuiltInRoutes,
    private readonly binding: AdapterBinding,
    private readonly initialization: ServiceInitialization,
    private readonly claims: OptionClaims,
    private readonly nestLogger: NestLogBridge,
    private readonly log: LogWriter,
  ) {}

  /**
   * Finds handlers and models, adds their routes and the built-in ones, and puts the gate before the adapter.
   * @param module the module class that carries the built-in routes
   * @throws StartFaultError listing everything that is wrong
   */
  assemble(module: Type): void {
    const { options, routes } = this;
    if ([...this.modules.values()].filter(({ metatype }) => metatype === module).length > 1) {
      throw new StartFaultError(['WebServiceModule.forRoot() is imported more than once: keep the import of the root module only.']);
    }
    if (options.takeOver) Logger.overrideLogger(this.nestLogger);
    this.log.write('INFO', 'Starting web service');
    const exploration = this.explorer.explore(options.defaults);
    this.runtime.openRoutes(exploration.routes);
    this.initialization.plan(exploration);
    routes.addStages(exploration.routes);
    routes.addBuiltIns(this.builtInRoutes.routes(), module);
    if (options.takeOver) routes.takeOver();
    this.binding.bind();
  }

  /**
   * Checks what is known once the app has been configured, and must be said before Nest makes its routes.
   * @throws StartFaultError
   */
  checkRouting(): void {
    const faults = this.routes.versionFaults(this.runtime.routes);
    if (faults.length > 0) throw new StartFaultError(faults);
  }

  /**
   * Checks what could not be known before: the adapter, and the options, when every room has claimed its own.
   * @throws StartFaultError, OptionError
   */
  check(): void {
    this.binding.assertSupported();
    this.claims.checkService(this.given, 'WebServiceModule.forRoot()');
    this.claims.checkDefaults(this.options.defaults, 'WebServiceModule.forRoot()');
    for (const { route } of this.runtime.routes) {
      this.claims.checkHandler(route.options, `@StageHandler('${route.path}') of ${route.handler.name}`);
    }
  }
}
