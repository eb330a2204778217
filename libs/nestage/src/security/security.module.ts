import {
  type DynamicModule,
  type FactoryProvider,
  Inject,
  Module,
  type ModuleMetadata,
  type OnApplicationShutdown,
  type OnModuleInit,
  type Provider,
} from '@nestjs/common';
import { ModulesContainer } from '@nestjs/core';
import { type Clock, systemClock } from '../common/clock.js';
import { StartFaultError } from '../core/discovery/start-fault.js';
import { LogWriter } from '../core/log/log-writer.js';
import { SERVICE_ENVIRONMENT, type ServiceEnvironment } from '../core/options/service-environment.js';
import { RESOLVED_OPTIONS, type ResolvedWebServiceOptions } from '../core/options/web-service.options.js';
import { SharedCounts } from '../core/state/shared-state.js';
import { GateChecks } from '../http/gate/gate-checks.js';
import { AccessCheck } from './access-check.js';
import { ApiKeys } from './api-keys.js';
import { RateLimiter } from './rate-limiter.js';
import { type ResolvedSecurityOptions, resolveSecurityOptions, type SecurityOptions } from './security.options.js';

/** @publicApi */
export interface SecurityAsyncOptions extends Pick<ModuleMetadata, 'imports'> {
  readonly inject?: FactoryProvider['inject'];
  // eslint-disable-next-line @typescript-eslint/no-explicit-any -- takes whatever `inject` names, as Nest's own factories do
  readonly useFactory: (...dependencies: any[]) => SecurityOptions | Promise<SecurityOptions>;
}

const SECURITY_OPTIONS = Symbol('nestage:security-options');
const RESOLVED_SECURITY_OPTIONS = Symbol('nestage:resolved-security-options');
const RATE_LIMITER = Symbol('nestage:rate-limiter');

/** DI token of the clock that keys expire by. @internal */
export const SECURITY_CLOCK = Symbol('nestage:security-clock');

const PROVIDERS: readonly Provider[] = [
  { provide: SECURITY_CLOCK, useValue: systemClock },
  {
    provide: RESOLVED_SECURITY_OPTIONS,
    inject: [SECURITY_OPTIONS, SERVICE_ENVIRONMENT],
    useFactory: (given: SecurityOptions, environment: ServiceEnvironment) => resolveSecurityOptions(given, environment),
  },
  {
    provide: ApiKeys,
    inject: [RESOLVED_SECURITY_OPTIONS, SECURITY_CLOCK, LogWriter],
    useFactory: (options: ResolvedSecurityOptions, clock: Clock, log: LogWriter) => new ApiKeys(options, clock, log),
  },
  {
    provide: RATE_LIMITER,
    inject: [RESOLVED_SECURITY_OPTIONS, ApiKeys, LogWriter, { token: SharedCounts, optional: true }],
    useFactory: (
      { rateLimit: options }: ResolvedSecurityOptions,
      { isDemanded: hasKeys }: ApiKeys,
      log: LogWriter,
      shared: SharedCounts | undefined,
    ) => options && new RateLimiter({ options, hasKeys, clock: systemClock, log, shared }),
  },
  {
    provide: AccessCheck,
    inject: [RESOLVED_SECURITY_OPTIONS, ApiKeys, RATE_LIMITER, LogWriter, RESOLVED_OPTIONS],
    useFactory: (
      { everywhere }: ResolvedSecurityOptions,
      keys: ApiKeys,
      limiter: RateLimiter | undefined,
      log: LogWriter,
      { service }: ResolvedWebServiceOptions,
    ) => new AccessCheck({ keys, limiter, everywhere, log, realm: service.replace(/[^\w .-]/g, '_') }),
  },
];

/**
 * API keys and rate limits for the routes of the service, imported beside `WebServiceModule`. Without a key in its options or in the
 * environment the service stays open.
 *
 * @example
 * ```ts
 * @Module({ imports: [WebServiceModule.forRoot(), SecurityModule.forRoot({ rateLimit: { limit: 100, windowMs: minutes(1) } })] })
 * export class AppModule {}
 * ```
 * @publicApi
 */
@Module({})
export class SecurityModule implements OnModuleInit, OnApplicationShutdown {
  static forRoot(options: SecurityOptions = {}): DynamicModule {
    return this.root([], { provide: SECURITY_OPTIONS, useValue: options });
  }

  /** As `forRoot`, with options that need other providers, such as a vault of secrets. */
  static forRootAsync({ imports = [], inject = [], useFactory }: SecurityAsyncOptions): DynamicModule {
    return this.root(imports, { provide: SECURITY_OPTIONS, inject, useFactory });
  }

  private static root(imports: DynamicModule['imports'], options: Provider): DynamicModule {
    return { module: SecurityModule, imports, providers: [options, ...PROVIDERS] };
  }

  constructor(
    private readonly keys: ApiKeys,
    private readonly check: AccessCheck,
    private readonly gateChecks: GateChecks,
    @Inject(RATE_LIMITER) private readonly limiter: RateLimiter | undefined,
    modules: ModulesContainer,
  ) {
    if ([...modules.values()].filter(({ metatype }) => metatype === SecurityModule).length > 1) {
      throw new StartFaultError(['SecurityModule.forRoot() is imported more than once: keep the import of the root module only.']);
    }
  }

  /** @throws StartFaultError for a key file that can't be used */
  async onModuleInit(): Promise<void> {
    await this.keys.open();
    this.gateChecks.use(this.check);
  }

  /** Last of all: requests are checked until the server is closed. */
  onApplicationShutdown(): void {
    this.keys.close();
    this.limiter?.close();
  }
}
