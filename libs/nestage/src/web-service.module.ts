import type { Server } from 'node:http';
import {
  type DynamicModule,
  Global,
  Inject,
  Logger,
  Module,
  type OnApplicationBootstrap,
  type OnApplicationShutdown,
  type OnModuleDestroy,
  type OnModuleInit,
  type BeforeApplicationShutdown,
  type FactoryProvider,
  type ModuleMetadata,
} from '@nestjs/common';
import { HttpAdapterHost, ModuleRef, ModulesContainer } from '@nestjs/core';
import { systemClock } from './common/clock.js';
import { type FeatureRoute, FeatureRoutes, featureRoutesToken } from './core/discovery/feature-routes.js';
import { type Exploration, StageExplorer } from './core/discovery/stage-explorer.js';
import { StartFaultError } from './core/discovery/start-fault.js';
import { ErrorReporter } from './core/errors/error-reporter.js';
import { createHealthCheck } from './core/health/health-check.js';
import { HealthService } from './core/health/health.service.js';
import { StageInitializer } from './core/initialize/stage-initializer.js';
import { StageRuntime } from './core/initialize/stage-runtime.js';
import { toStageUnits } from './core/initialize/stage-unit.js';
import { LogWriter } from './core/log/log-writer.js';
import { OptionClaims } from './core/options/option-claims.js';
import {
  RESOLVED_OPTIONS,
  type ResolvedWebServiceOptions,
  WEB_SERVICE_OPTIONS,
  type WebServiceOptions,
} from './core/options/web-service.options.js';
import { ResourceSampler } from './core/resources/resource-sampler.js';
import { ResourceMonitor } from './core/resources/resource-usage.js';
import { AdapterBinding } from './http/adapter-binding.js';
import { BuiltInRoutes } from './http/builtin/built-in-routes.js';
import { ManagementListener } from './http/builtin/management-listener.js';
import { ServiceRoutes } from './http/service-routes.js';
import { ErrorLog } from './logging/error-log.js';
import { NestLogBridge } from './logging/nest-logger.js';
import { WebService } from './web-service.js';
import { WEB_SERVICE_EXPORTS, WEB_SERVICE_PROVIDERS } from './web-service.providers.js';

/** @publicApi */
export interface WebServiceAsyncOptions extends Pick<ModuleMetadata, 'imports'> {
  readonly inject?: FactoryProvider['inject'];
  // eslint-disable-next-line @typescript-eslint/no-explicit-any -- takes whatever `inject` names, as Nest's own factories do
  readonly useFactory: (...dependencies: any[]) => WebServiceOptions | Promise<WebServiceOptions>;
}

/** Carries the routes of one `forFeature` into the app; the explorer finds them by their class. */
@Module({})
class FeatureRoutesModule {}

/**
 * Turns the `@StageHandler` providers of an app into endpoints, with everything around them. Imported once, in the root module.
 *
 * @example
 * ```ts
 * @Module({ imports: [WebServiceModule.forRoot({ service: 'summaries' })], providers: [SummaryModel, SummaryHandler] })
 * export class AppModule {}
 * ```
 * @publicApi
 */
@Global()
@Module({})
export class WebServiceModule
  implements OnModuleInit, OnApplicationBootstrap, OnModuleDestroy, BeforeApplicationShutdown, OnApplicationShutdown
{
  private readonly exploration: Exploration;
  private initializer: StageInitializer | undefined;
  private stopWaiting: () => void = () => undefined;

  /** @throws OptionError for a bad option */
  static forRoot(options: WebServiceOptions = {}): DynamicModule {
    return this.root([], { provide: WEB_SERVICE_OPTIONS, useValue: options });
  }

  /** As `forRoot`, with options that need other providers, such as a configuration service. */
  static forRootAsync({ imports = [], inject = [], useFactory }: WebServiceAsyncOptions): DynamicModule {
    return this.root(imports, { provide: WEB_SERVICE_OPTIONS, inject, useFactory });
  }

  /**
   * Lists routes beside their classes: more paths for a handler, or a handler that carries no decorator. Provides nothing: each class must
   * be a provider of exactly one module. One instance on several paths is initialized once.
   */
  static forFeature(routes: readonly FeatureRoute[]): DynamicModule {
    return { module: FeatureRoutesModule, providers: [{ provide: featureRoutesToken(), useValue: new FeatureRoutes(routes) }] };
  }

  private static root(imports: DynamicModule['imports'], options: NonNullable<DynamicModule['providers']>[number]): DynamicModule {
    return { module: WebServiceModule, imports, providers: [options, ...WEB_SERVICE_PROVIDERS], exports: WEB_SERVICE_EXPORTS };
  }

  constructor(
    @Inject(WEB_SERVICE_OPTIONS) private readonly given: WebServiceOptions,
    @Inject(RESOLVED_OPTIONS) private readonly options: ResolvedWebServiceOptions,
    modules: ModulesContainer,
    private readonly moduleRef: ModuleRef,
    private readonly adapterHost: HttpAdapterHost,
    private readonly runtime: StageRuntime,
    private readonly claims: OptionClaims,
    private readonly health: HealthService,
    private readonly resources: ResourceMonitor,
    private readonly log: LogWriter,
    private readonly service: WebService,
    private readonly management: ManagementListener,
    private readonly binding: AdapterBinding,
    private readonly errors: ErrorReporter,
    explorer: StageExplorer,
    routes: ServiceRoutes,
    builtInRoutes: BuiltInRoutes,
    nestLogger: NestLogBridge,
    _errorLog: ErrorLog,
  ) {
    if ([...modules.values()].filter(({ metatype }) => metatype === WebServiceModule).length > 1) {
      throw new StartFaultError(['WebServiceModule.forRoot() is imported more than once: keep the import of the root module only.']);
    }
    if (options.takeOver) Logger.overrideLogger(nestLogger);
    log.write('INFO', 'Starting web service');
    this.exploration = explorer.explore(options.defaults);
    runtime.openRoutes(this.exploration.routes);
    routes.addStages(this.exploration.routes);
    routes.addBuiltIns(builtInRoutes.routes(), WebServiceModule);
    if (options.takeOver) routes.takeOver();
    binding.bind();
  }

  /** All providers exist, and every room has claimed its options. */
  async onModuleInit(): Promise<void> {
    const { log, errors } = this;
    this.binding.assertSupported();
    const units = toStageUnits(this.exploration);
    this.runtime.openUnits(units);
    const isRetrying = this.options.onInitializeError === 'degrade';
    this.initializer = new StageInitializer({ units, log, errors, clock: systemClock, isRetrying });
    this.claims.checkService(this.given, 'WebServiceModule.forRoot()');
    this.claims.checkDefaults(this.options.defaults, 'WebServiceModule.forRoot()');
    for (const { route } of this.runtime.routes)
      this.claims.checkHandler(route.options, `@StageHandler('${route.path}') of ${route.handler.name}`);
    for (const source of this.options.health.checks) {
      this.health.add(await createHealthCheck(source, async (type) => this.moduleRef.resolve(type, undefined, { strict: false })));
    }
  }

  onApplicationBootstrap(): void | Promise<void> {
    if (this.resources instanceof ResourceSampler) this.resources.start();
    for (const unit of this.runtime.stageUnits) {
      const { instance } = unit;
      if (instance?.checkHealth) this.health.add({ name: unit.name, check: (signal) => instance.checkHealth?.(signal) });
    }
    this.binding.open();
    this.initializeOnceListening();
    return this.management.start(this.binding.requestListener());
  }

  /** The server listens first, so that liveness and readiness answer while models load; an app that never listens does not wait for it. */
  private initializeOnceListening(): void {
    const begin = (): void => {
      this.stopWaiting();
      if (this.initializer) this.service.follow(this.initializer.start());
    };
    const server = this.server;
    if (!server?.once || server.listening) return begin();
    const onListening = (): void => void setImmediate(begin);
    const cancel = systemClock.schedule(WAIT_FOR_LISTEN_MS, begin);
    this.stopWaiting = () => {
      cancel();
      server.removeListener?.('listening', onListening);
    };
    server.once('listening', onListening);
  }

  async onModuleDestroy(): Promise<void> {
    await this.service.drain(this.options.shutdownGraceMs);
  }

  /**
   * Connections would hold the shutdown: those of requests that go on although their signals fired, and those that are open without ever
   * having sent one (a browser's spare one), which a closing server waits for.
   */
  async beforeApplicationShutdown(): Promise<void> {
    await this.service.drain(this.options.shutdownGraceMs); // for what came while other modules were closed
    this.server?.closeAllConnections?.();
    await this.management.stop();
  }

  /** Last of all: handlers and models go, then the log. */
  async onApplicationShutdown(): Promise<void> {
    this.stopWaiting();
    await this.initializer?.stop();
    if (this.resources instanceof ResourceSampler) await this.resources.stop();
    this.log.write('INFO', 'Web service stopped');
    await this.log.close();
  }

  private get server(): Partial<Server> | undefined {
    return this.adapterHost.httpAdapter?.getHttpServer() as Partial<Server> | undefined;
  }
}

const WAIT_FOR_LISTEN_MS = 100;
