import {
  type BeforeApplicationShutdown,
  type DynamicModule,
  type FactoryProvider,
  Global,
  Inject,
  Module,
  type ModuleMetadata,
  type OnApplicationBootstrap,
  type OnApplicationShutdown,
  type OnModuleInit,
  type Provider,
} from '@nestjs/common';
import { ModulesContainer } from '@nestjs/core';
import { StartFaultError } from '../core/discovery/start-fault.js';
import { JobEngine } from '../core/jobs/job-engine.js';
import { PayloadStore } from '../core/jobs/payload-store.js';
import { RESOLVED_OPTIONS, type ResolvedWebServiceOptions } from '../core/options/web-service.options.js';
import { SharedBreakers, SharedCounts } from '../core/state/shared-state.js';
import { showBacklog } from '../metrics/prometheus/backlog-metrics.js';
import { MetricsRegistry } from '../metrics/prometheus/metrics-registry.js';
import type { QueueOptions } from './queue.options.js';
import { QUEUE_OPTIONS, QUEUE_PROVIDERS } from './queue.providers.js';
import { QueuedRoutes } from './remote/queued-routes.js';
import { RedisLink } from './redis/redis-link.js';

/** @publicApi */
export interface QueueAsyncOptions extends Pick<ModuleMetadata, 'imports'> {
  readonly inject?: FactoryProvider['inject'];
  // eslint-disable-next-line @typescript-eslint/no-explicit-any -- takes whatever `inject` names, as Nest's own factories do
  readonly useFactory: (...dependencies: any[]) => QueueOptions | Promise<QueueOptions>;
}

/**
 * Work on other machines, by BullMQ on Redis: the `run` of handlers with `execution: 'queue'`, and the jobs of `nestage/jobs`. Imported
 * beside `WebServiceModule`. Replicas of one image take the roles of web processes and workers; without Redis all is done where it came.
 *
 * @example
 * ```ts
 * @Module({ imports: [WebServiceModule.forRoot(), QueueModule.forRoot({ connection: 'redis://127.0.0.1:6379', role: 'both' })] })
 * export class AppModule {}
 * ```
 * @publicApi
 */
@Global()
@Module({})
export class QueueModule implements OnModuleInit, OnApplicationBootstrap, BeforeApplicationShutdown, OnApplicationShutdown {
  static forRoot(options: QueueOptions = {}): DynamicModule {
    return this.root([], { provide: QUEUE_OPTIONS, useValue: options });
  }

  /** As `forRoot`, with options that need other providers, such as a configuration service. */
  static forRootAsync({ imports = [], inject = [], useFactory }: QueueAsyncOptions): DynamicModule {
    return this.root(imports, { provide: QUEUE_OPTIONS, inject, useFactory });
  }

  private static root(imports: DynamicModule['imports'], options: Provider): DynamicModule {
    return {
      module: QueueModule,
      imports,
      providers: [options, ...QUEUE_PROVIDERS],
      exports: [JobEngine, PayloadStore, SharedCounts, SharedBreakers],
    };
  }

  constructor(
    private readonly routes: QueuedRoutes,
    @Inject(JobEngine) private readonly engine: JobEngine | undefined,
    @Inject(RedisLink) private readonly link: RedisLink | undefined,
    @Inject(RESOLVED_OPTIONS) private readonly options: ResolvedWebServiceOptions,
    metrics: MetricsRegistry,
    modules: ModulesContainer,
  ) {
    if (engine) showBacklog(metrics, engine);
    if ([...modules.values()].filter(({ metatype }) => metatype === QueueModule).length > 1) {
      throw new StartFaultError(['QueueModule.forRoot() is imported more than once: keep the import of the root module only.']);
    }
  }

  /** A service whose Redis is away starts all the same. */
  async onModuleInit(): Promise<void> {
    await this.link?.firstReady();
  }

  onApplicationBootstrap(): void {
    this.routes.open();
  }

  /** Requests that wait for jobs have ended by now. */
  async beforeApplicationShutdown(): Promise<void> {
    await this.engine?.close(this.options.shutdownGraceMs);
  }

  onApplicationShutdown(): void {
    this.link?.close();
  }
}
