import type { ModuleMetadata, Provider } from '@nestjs/common';
import { systemClock } from '../common/clock.js';
import { object } from '../common/option-checks.js';
import { withoutAbsent } from '../common/without-absent.js';
import { STAGE_HANDLER_CHECKS } from './discovery/resolve-route.js';
import { RequestEvents } from './context/request-events.js';
import { TraceCarrier } from './context/trace-carrier.js';
import { StageExplorer } from './discovery/stage-explorer.js';
import { ErrorReporter } from './errors/error-reporter.js';
import { HealthService } from './health/health.service.js';
import { StageRuntime } from './initialize/stage-runtime.js';
import { LogWriter } from './log/log-writer.js';
import { OptionClaims } from './options/option-claims.js';
import {
  RESOLVED_OPTIONS,
  resolveWebServiceOptions,
  type ResolvedWebServiceOptions,
  START_OPTIONS,
  WEB_SERVICE_CHECKS,
  WEB_SERVICE_OPTIONS,
  type WebServiceOptions,
} from './options/web-service.options.js';
import { AdmissionDefaults } from './pipeline/admission-defaults.js';
import { RequestOpenings } from './pipeline/request-openings.js';
import { StageEvents } from './pipeline/stage-events.js';
import { StageGauges } from './pipeline/stage-gauges.js';
import { StagePipelines } from './pipeline/stage-pipelines.js';
import { StagePlugins } from './pipeline/stage-plugins.js';
import { ResourceSampler } from './resources/resource-sampler.js';
import { ResourceMonitor } from './resources/resource-usage.js';
import { DtoValidator } from './validation/dto-validator.js';
import { SERVICE_ENVIRONMENT, type ServiceEnvironment } from './options/service-environment.js';

/** What the app may inject of it. @internal */
export const CORE_EXPORTS: NonNullable<ModuleMetadata['exports']> = [
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
];

/** The core as providers. @internal */
export const CORE_PROVIDERS: readonly Provider[] = [
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
    inject: [WEB_SERVICE_OPTIONS], // as given: the log needs it, also to tell that another option is out of range
    useFactory: ({ resources }: WebServiceOptions) => new ResourceSampler(object.accepts(resources) ? resources : undefined, systemClock),
  },
  {
    provide: HealthService,
    inject: [RESOLVED_OPTIONS, LogWriter],
    useFactory: ({ health: { deadlineMs, cacheMs } }: ResolvedWebServiceOptions, log: LogWriter) =>
      new HealthService({ deadlineMs, cacheMs, log }),
  },
  {
    provide: RESOLVED_OPTIONS,
    inject: [WEB_SERVICE_OPTIONS, { token: START_OPTIONS, optional: true }, OptionClaims, SERVICE_ENVIRONMENT],
    useFactory: resolveOptions,
  },
];

/** The options as given, those of `startWebService` and of the environment below them. */
function resolveOptions(
  given: WebServiceOptions,
  start: WebServiceOptions | undefined,
  claims: OptionClaims,
  { managementHost: host, managementPort: port }: ServiceEnvironment,
): ResolvedWebServiceOptions {
  claims.claim({ handler: STAGE_HANDLER_CHECKS, service: WEB_SERVICE_CHECKS });
  const management = { ...withoutAbsent({ host, port }), ...withoutAbsent(given.management ?? {}) };
  return resolveWebServiceOptions({ takeOver: start?.takeOver, ...withoutAbsent(given), management });
}
