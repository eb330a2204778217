import {
  type DynamicModule,
  type FactoryProvider,
  Inject,
  Module,
  type ModuleMetadata,
  type OnApplicationBootstrap,
  type OnModuleDestroy,
  type OnModuleInit,
  type Provider,
} from '@nestjs/common';
import { ModulesContainer } from '@nestjs/core';
import { StartFaultError } from '../core/discovery/start-fault.js';
import { JobsService } from './jobs.service.js';
import { JOBS_PROVIDERS } from './jobs.providers.js';
import { JOBS_OPTIONS } from './jobs.tokens.js';
import type { JobsOptions } from './jobs.options.js';

/** @publicApi */
export interface JobsAsyncOptions extends Pick<ModuleMetadata, 'imports'> {
  readonly inject?: FactoryProvider['inject'];
  // eslint-disable-next-line @typescript-eslint/no-explicit-any -- takes whatever `inject` names, as Nest's own factories do
  readonly useFactory: (...dependencies: any[]) => JobsOptions | Promise<JobsOptions>;
}

/**
 * Requests that are answered later: handlers with the option `jobs` take `Prefer: respond-async`, and clients follow their jobs at `/jobs/:id`.
 * Imported beside `WebServiceModule`.
 *
 * @example
 * ```ts
 * @Module({ imports: [WebServiceModule.forRoot(), JobsModule.forRoot()], providers: [ReportHandler] })
 * export class AppModule {}
 * ```
 * @publicApi
 */
@Module({})
export class JobsModule implements OnModuleInit, OnApplicationBootstrap, OnModuleDestroy {
  /** @throws OptionError for a bad option, at start */
  static forRoot(options: JobsOptions = {}): DynamicModule {
    return this.root([], { provide: JOBS_OPTIONS, useValue: options });
  }

  /** As `forRoot`, with options that need other providers, such as a vault of secrets. */
  static forRootAsync({ imports = [], inject = [], useFactory }: JobsAsyncOptions): DynamicModule {
    return this.root(imports, { provide: JOBS_OPTIONS, inject, useFactory });
  }

  private static root(imports: DynamicModule['imports'], options: Provider): DynamicModule {
    return { module: JobsModule, imports, providers: [options, ...JOBS_PROVIDERS] };
  }

  constructor(
    @Inject(JobsService) private readonly jobs: JobsService,
    modules: ModulesContainer,
  ) {
    if ([...modules.values()].filter(({ metatype }) => metatype === JobsModule).length > 1) {
      throw new StartFaultError(['JobsModule.forRoot() is imported more than once: keep the import of the root module only.']);
    }
    jobs.addRoutes(JobsModule);
  }

  onModuleInit(): void {
    this.jobs.prepare();
  }

  onApplicationBootstrap(): void {
    this.jobs.begin();
  }

  async onModuleDestroy(): Promise<void> {
    await this.jobs.close();
  }
}
