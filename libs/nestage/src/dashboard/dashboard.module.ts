import { type DynamicModule, Inject, Module, type OnModuleDestroy } from '@nestjs/common';
import { ModulesContainer } from '@nestjs/core';
import { StartFaultError } from '../core/discovery/start-fault.js';
import { ServiceRoutes } from '../http/service-routes.js';
import { BreakerReset } from './breaker-reset.js';
import { type DashboardOptions, RESOLVED_DASHBOARD_OPTIONS, resolveDashboardOptions } from './dashboard.options.js';
import { DashboardRoutes } from './dashboard-routes.js';
import { LiveFigures } from './live-figures.js';
import { PageFiles } from './page-files.js';
import { PlaygroundCatalogue } from './playground-catalogue.js';

/**
 * A status page for operators at `/dashboard`, with a playground for each handler. Imported beside `WebServiceModule`; it shows what `/stats`
 * and `/health` tell, and is protected as they are.
 *
 * @example
 * ```ts
 * @Module({ imports: [WebServiceModule.forRoot(), DashboardModule.forRoot()], providers: [SummaryHandler] })
 * export class AppModule {}
 * ```
 * @publicApi
 */
@Module({})
export class DashboardModule implements OnModuleDestroy {
  /** @throws OptionError for a bad option */
  static forRoot(options: DashboardOptions = {}): DynamicModule {
    return {
      module: DashboardModule,
      providers: [
        { provide: RESOLVED_DASHBOARD_OPTIONS, useValue: resolveDashboardOptions(options) },
        PageFiles,
        LiveFigures,
        PlaygroundCatalogue,
        BreakerReset,
        DashboardRoutes,
      ],
    };
  }

  constructor(
    @Inject(LiveFigures) private readonly figures: LiveFigures,
    routes: DashboardRoutes,
    service: ServiceRoutes,
    modules: ModulesContainer,
  ) {
    if ([...modules.values()].filter(({ metatype }) => metatype === DashboardModule).length > 1) {
      throw new StartFaultError(['DashboardModule.forRoot() is imported more than once: keep the import of the root module only.']);
    }
    service.addBuiltIns(routes.routes(), DashboardModule);
  }

  /** Open pages would hold the shutdown. */
  onModuleDestroy(): void {
    this.figures.close();
  }
}
