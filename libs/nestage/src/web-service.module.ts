import type { Server } from 'node:http';
import {
  type DynamicModule,
  Global,
  Inject,
  Module,
  type OnApplicationBootstrap,
  type OnApplicationShutdown,
  type OnModuleDestroy,
  type OnModuleInit,
  type NestModule,
  type BeforeApplicationShutdown,
  type FactoryProvider,
  type ModuleMetadata,
} from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import { type FeatureRoute, FeatureRoutes, featureRoutesToken } from './core/discovery/feature-routes.js';
import { LogWriter } from './core/log/log-writer.js';
import {
  RESOLVED_OPTIONS,
  type ResolvedWebServiceOptions,
  WEB_SERVICE_OPTIONS,
  type WebServiceOptions,
} from './core/options/web-service.options.js';
import { ResourceSampler } from './core/resources/resource-sampler.js';
import { ResourceMonitor } from './core/resources/resource-usage.js';
import { AdapterBinding } from './http/adapter-binding.js';
import { ManagementListener } from './http/builtin/management-listener.js';
import { ErrorLog } from './logging/error-log.js';
import { ServiceAssembly } from './service-assembly.js';
import { ServiceHealth } from './service-health.js';
import { ServiceInitialization } from './service-initialization.js';
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
  implements NestModule, OnModuleInit, OnApplicationBootstrap, OnModuleDestroy, BeforeApplicationShutdown, OnApplicationShutdown
{
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
    private readonly assembly: ServiceAssembly,
    private readonly initialization: ServiceInitialization,
    private readonly healthChecks: ServiceHealth,
    private readonly service: WebService,
    private readonly adapterHost: HttpAdapterHost,
    private readonly binding: AdapterBinding,
    private readonly management: ManagementListener,
    private readonly resources: ResourceMonitor,
    private readonly log: LogWriter,
    @Inject(RESOLVED_OPTIONS) private readonly options: ResolvedWebServiceOptions,
    _errorLog: ErrorLog,
  ) {
    assembly.assemble(WebServiceModule);
  }

  /** Called by Nest when the app has been configured, before it makes its routes. */
  configure(): void {
    this.assembly.checkRouting();
  }

  /** All providers exist, and every room has claimed its options. */
  async onModuleInit(): Promise<void> {
    this.initialization.prepare();
    this.assembly.check();
    await this.healthChecks.addConfigured();
  }

  async onApplicationBootstrap(): Promise<void> {
    if (this.resources instanceof ResourceSampler) this.resources.start();
    this.healthChecks.addOfUnits();
    this.binding.open();
    this.initialization.beginOnceListening();
    await this.management.start(this.binding.requestListener());
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
    (this.adapterHost.httpAdapter?.getHttpServer() as Partial<Server> | undefined)?.closeAllConnections?.();
    await this.management.stop();
  }

  /** Last of all: handlers and models go, then the log. */
  async onApplicationShutdown(): Promise<void> {
    await this.initialization.stop();
    if (this.resources instanceof ResourceSampler) await this.resources.stop();
    this.log.write('INFO', 'Web service stopped');
    await this.log.close();
  }
}
