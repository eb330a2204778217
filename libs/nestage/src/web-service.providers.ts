import type { FactoryProvider, ModuleMetadata, Provider } from '@nestjs/common';
import { AdmissionGaugeSource } from './admission-gauges.js';
import { alertsProviders } from './alerts/alerts.providers.js';
import { BATCHING_PROVIDERS } from './batching/batching.providers.js';
import { CACHING_EXPORTS, CACHING_PROVIDERS } from './caching/caching.providers.js';
import { systemClock } from './common/clock.js';
import { object } from './common/option-checks.js';
import { STAGE_HANDLER_CHECKS } from './core/discovery/resolve-route.js';
import { RequestEvents } from './core/context/request-events.js';
import { TraceCarrier } from './core/context/trace-carrier.js';
import { StageExplorer } from './core/discovery/stage-explorer.js';
import { ErrorReporter } from './core/errors/error-reporter.js';
import { HealthService } from './core/health/health.service.js';
import { StageRuntime } from './core/initialize/stage-runtime.js';
import { LogWriter } from './core/log/log-writer.js';
import { OptionClaims } from './core/options/option-claims.js';
import { SERVICE_ENVIRONMENT } from './core/options/service-environment.js';
import {
  RESOLVED_OPTIONS,
  resolveWebServiceOptions,
  type ResolvedWebServiceOptions,
  START_OPTIONS,
  WEB_SERVICE_CHECKS,
  WEB_SERVICE_OPTIONS,
  type WebServiceOptions,
} from './core/options/web-service.options.js';
import { AdmissionDefaults } from './core/pipeline/admission-defaults.js';
import { RequestOpenings } from './core/pipeline/request-openings.js';
import { StageEvents } from './core/pipeline/stage-events.js';
import { StageGauges } from './core/pipeline/stage-gauges.js';
import { StagePipelines } from './core/pipeline/stage-pipelines.js';
import { StagePlugins } from './core/pipeline/stage-plugins.js';
import { ResourceSampler } from './core/resources/resource-sampler.js';
import { ResourceMonitor } from './core/resources/resource-usage.js';
import { ProcessGroup, SingleProcess } from './core/processes/process-group.js';
import { workerBirth } from './core/processes/worker-birth.js';
import { DtoValidator } from './core/validation/dto-validator.js';
import { readEnvironment } from './environment.js';
import { AdapterBinding } from './http/adapter-binding.js';
import { BodyTaps } from './http/body/body-taps.js';
import { TemporaryFiles } from './http/body/temporary-files.js';
import { DetailAccess } from './http/builtin/detail-access.js';
import { BuiltInRoutes } from './http/builtin/built-in-routes.js';
import { Deferrals } from './http/deferrals.js';
import { GateChecks } from './http/gate-checks.js';
import { HealthRoutes } from './http/builtin/health-routes.js';
import { ManagementListener } from './http/builtin/management-listener.js';
import { MetricsRoutes } from './http/builtin/metrics-routes.js';
import { RequestRecordRoutes } from './http/builtin/request-record-routes.js';
import { ServiceFigures } from './http/builtin/service-figures.js';
import { ServiceStats } from './http/builtin/service-stats.js';
import { StatsRoutes } from './http/builtin/stats-routes.js';
import { ContextOpener } from './http/context-opener.js';
import { InFlightRequests } from './http/in-flight.js';
import { LogIdInterceptor } from './http/log-id.interceptor.js';
import { ErrorResponder } from './http/reply/error-responder.js';
import { ResourceLogInterceptor } from './http/resource-log.interceptor.js';
import { RouteExecution } from './http/route-execution.js';
import { RouteTable } from './http/route-table.js';
import { ServiceRoutes } from './http/service-routes.js';
import { StageTransport } from './http/stage-transport.js';
import { TransportGate } from './http/transport-gate.js';
import { ErrorLog } from './logging/error-log.js';
import { maskSecrets } from './logging/mask-secrets.js';
import { resolveLoggingOptions, type ResolvedLoggingOptions } from './logging/logging.options.js';
import { NestLogBridge } from './logging/nest-logger.js';
import { RequestLog } from './logging/request-log.js';
import { ServiceLogWriter } from './logging/service-log-writer.js';
import { METRICS_EXPORTS, METRICS_PROVIDERS } from './metrics/metrics.providers.js';
import { WorkerLink } from './processes/worker-link.js';
import { RESILIENCE_EXPORTS, RESILIENCE_PROVIDERS } from './resilience/resilience.providers.js';
import { ServiceAssembly } from './service-assembly.js';
import { ServiceHealth } from './service-health.js';
import { ServiceInitialization } from './service-initialization.js';
import { WebService } from './web-service.js';

const LOGGING_OPTIONS = Symbol('nestage:logging-options');

/** The options as given, those of `startWebService` above them. */
const resolvedOptions: FactoryProvider<ResolvedWebServiceOptions> = {
  provide: RESOLVED_OPTIONS,
  inject: [WEB_SERVICE_OPTIONS, { token: START_OPTIONS, optional: true }, OptionClaims],
  useFactory: (given: WebServiceOptions, start: WebServiceOptions | undefined, claims: OptionClaims) => {
    claims.claim({ handler: STAGE_HANDLER_CHECKS, service: { ...WEB_SERVICE_CHECKS, logging: object } });
    const { managementHost: host, managementPort: port } = readEnvironment();
    const management = { ...withoutAbsent({ host, port }), ...withoutAbsent(given.management ?? {}) };
    return resolveWebServiceOptions({ takeOver: start?.takeOver, ...withoutAbsent(given), management });
  },
};

const logging: readonly Provider[] = [
  {
    provide: LOGGING_OPTIONS,
    inject: [RESOLVED_OPTIONS],
    useFactory: (options: ResolvedWebServiceOptions) =>
      resolveLoggingOptions({ file: readEnvironment().logFile, ...withoutAbsent(options.logging ?? {}) }, 'WebServiceModule.forRoot()'),
  },
  {
    provide: LogWriter,
    inject: [LOGGING_OPTIONS, ResourceMonitor],
    useFactory: (options: ResolvedLoggingOptions, resources: ResourceMonitor) => new ServiceLogWriter(options, resources),
  },
  {
    provide: RequestLog,
    inject: [StagePlugins, LOGGING_OPTIONS],
    useFactory: (plugins: StagePlugins, { maxValueLength }: ResolvedLoggingOptions) => new RequestLog(plugins, maxValueLength),
  },
  {
    provide: ErrorLog,
    inject: [ErrorReporter, LogWriter],
    useFactory: (reporter: ErrorReporter, writer: LogWriter) => new ErrorLog(reporter, writer),
  },
  { provide: NestLogBridge, inject: [LogWriter], useFactory: (writer: LogWriter) => new NestLogBridge(writer) },
];

const core: readonly Provider[] = [
  {
    provide: ProcessGroup,
    useFactory: () => {
      const birth = workerBirth();
      return birth ? new WorkerLink({ birth, clock: systemClock }) : new SingleProcess();
    },
  },
  OptionClaims,
  StagePlugins,
  StageEvents,
  StageGauges,
  RequestEvents,
  StagePipelines,
  RequestOpenings,
  TraceCarrier,
  AdmissionDefaults,
  StageExplorer,
  StageRuntime,
  ErrorReporter,
  {
    provide: DtoValidator,
    inject: [RESOLVED_OPTIONS],
    useFactory: ({ compiledValidation }: ResolvedWebServiceOptions) => new DtoValidator(compiledValidation),
  },
  {
    provide: ResourceMonitor,
    inject: [RESOLVED_OPTIONS],
    useFactory: ({ resources }: ResolvedWebServiceOptions) => new ResourceSampler(resources, systemClock),
  },
  {
    provide: HealthService,
    inject: [RESOLVED_OPTIONS, LogWriter],
    useFactory: ({ health: { deadlineMs, cacheMs } }: ResolvedWebServiceOptions, log: LogWriter) =>
      new HealthService({ deadlineMs, cacheMs, log }),
  },
];

const http: readonly Provider[] = [
  InFlightRequests,
  ContextOpener,
  RouteTable,
  GateChecks,
  BodyTaps,
  Deferrals,
  ErrorResponder,
  TemporaryFiles,
  TransportGate,
  AdapterBinding,
  RouteExecution,
  StageTransport,
  LogIdInterceptor,
  ResourceLogInterceptor,
  ServiceRoutes,
  ManagementListener,
  DetailAccess,
  HealthRoutes,
  ServiceFigures,
  ServiceStats,
  StatsRoutes,
  MetricsRoutes,
  RequestRecordRoutes,
  BuiltInRoutes,
];

/** All that `WebServiceModule` is made of, from the bottom layer up. @internal */
export const WEB_SERVICE_PROVIDERS: readonly Provider[] = [
  ...core,
  resolvedOptions,
  { provide: SERVICE_ENVIRONMENT, useFactory: () => readEnvironment() },
  ...logging,
  ...RESILIENCE_PROVIDERS,
  ...BATCHING_PROVIDERS,
  ...CACHING_PROVIDERS,
  ...METRICS_PROVIDERS,
  ...alertsProviders(maskSecrets),
  AdmissionGaugeSource,
  ...http,
  WebService,
  ServiceAssembly,
  ServiceInitialization,
  ServiceHealth,
];

/** What the app may inject from it. @internal */
export const WEB_SERVICE_EXPORTS: NonNullable<ModuleMetadata['exports']> = [
  WebService,
  LogWriter,
  ErrorReporter,
  HealthService,
  ResourceMonitor,
  StagePlugins,
  StagePipelines,
  StageEvents,
  StageGauges,
  RequestEvents,
  RequestOpenings,
  TraceCarrier,
  OptionClaims,
  StageRuntime,
  RESOLVED_OPTIONS,
  SERVICE_ENVIRONMENT,
  ProcessGroup,
  GateChecks,
  TransportGate,
  BodyTaps,
  Deferrals,
  ServiceRoutes,
  RouteExecution,
  ServiceStats,
  HealthRoutes,
  DetailAccess,
  ManagementListener,
  ErrorResponder,
  InFlightRequests,
  LogIdInterceptor,
  ResourceLogInterceptor,
  ContextOpener,
  RequestLog,
  NestLogBridge,
  ...RESILIENCE_EXPORTS,
  ...CACHING_EXPORTS,
  ...METRICS_EXPORTS,
];

function withoutAbsent<T extends object>(options: T): T {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined)) as T;
}
