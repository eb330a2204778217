import type { ModuleMetadata, Provider } from '@nestjs/common';
import { systemClock } from '../common/clock.js';
import { ErrorReporter } from '../core/errors/error-reporter.js';
import { HealthService } from '../core/health/health.service.js';
import { StageRuntime } from '../core/initialize/stage-runtime.js';
import { LogWriter } from '../core/log/log-writer.js';
import { OptionClaims } from '../core/options/option-claims.js';
import { RESOLVED_OPTIONS, type ResolvedWebServiceOptions } from '../core/options/web-service.options.js';
import { AdmissionDefaults } from '../core/pipeline/admission-defaults.js';
import { RequestOpenings } from '../core/pipeline/request-openings.js';
import { StageEvents } from '../core/pipeline/stage-events.js';
import { StagePipelines } from '../core/pipeline/stage-pipelines.js';
import { StagePlugins } from '../core/pipeline/stage-plugins.js';
import { SharedBreakers } from '../core/state/shared-state.js';
import { AdmissionMiddleware } from './admission/admission.middleware.js';
import { AdmissionState } from './admission/admission-state.js';
import { BreakerMiddleware } from './breaker/breaker.middleware.js';
import { Breakers } from './breaker/breakers.js';
import { Deadlines } from './deadline/deadlines.js';
import { Fallbacks } from './breaker/fallbacks.js';
import { FatalWatch } from './fatal-watch.js';
import { RetryMiddleware } from './retry/retry.middleware.js';
import { ServiceDegrader } from './breaker/service-degrader.js';

const clock = systemClock;

/** What the app may inject of the room. @internal */
export const RESILIENCE_EXPORTS: NonNullable<ModuleMetadata['exports']> = [AdmissionState, ServiceDegrader];

/** The room as providers. @internal */
export const RESILIENCE_PROVIDERS: readonly Provider[] = [
  AdmissionState,
  {
    provide: Deadlines,
    inject: [StagePlugins, RequestOpenings, OptionClaims],
    useFactory: (plugins: StagePlugins, openings: RequestOpenings, claims: OptionClaims) =>
      new Deadlines({ plugins, openings, claims }, clock),
  },
  {
    provide: AdmissionMiddleware,
    inject: [StagePlugins, OptionClaims, StageRuntime, StageEvents, AdmissionState, AdmissionDefaults],
    useFactory: (
      plugins: StagePlugins,
      claims: OptionClaims,
      runtime: StageRuntime,
      events: StageEvents,
      state: AdmissionState,
      defaults: AdmissionDefaults,
    ) => new AdmissionMiddleware({ plugins, claims, runtime, events, state, defaults, clock }),
  },
  {
    provide: Breakers,
    inject: [StageRuntime, HealthService, StageEvents, LogWriter, { token: SharedBreakers, optional: true }],
    useFactory: (runtime: StageRuntime, health: HealthService, events: StageEvents, log: LogWriter, shared: SharedBreakers | undefined) =>
      new Breakers({ runtime, health, events, log, clock, shared }),
  },
  { provide: ServiceDegrader, inject: [Breakers], useFactory: (breakers: Breakers) => new ServiceDegrader(breakers) },
  {
    provide: Fallbacks,
    inject: [StageRuntime, StagePipelines, StageEvents],
    useFactory: (runtime: StageRuntime, pipelines: StagePipelines, events: StageEvents) => new Fallbacks({ runtime, pipelines, events }),
  },
  {
    provide: BreakerMiddleware,
    inject: [StagePlugins, OptionClaims, StageEvents, Breakers, Fallbacks],
    useFactory: (plugins: StagePlugins, claims: OptionClaims, events: StageEvents, breakers: Breakers, fallbacks: Fallbacks) =>
      new BreakerMiddleware({ plugins, claims, events, breakers, fallbacks }),
  },
  {
    provide: RetryMiddleware,
    inject: [StagePlugins, OptionClaims, StageEvents, Breakers],
    useFactory: (plugins: StagePlugins, claims: OptionClaims, events: StageEvents, breakers: Breakers) =>
      new RetryMiddleware({ plugins, claims, events, breakers, clock }),
  },
  {
    provide: FatalWatch,
    inject: [ErrorReporter, StageRuntime, OptionClaims, LogWriter, RESOLVED_OPTIONS],
    useFactory: (
      reporter: ErrorReporter,
      runtime: StageRuntime,
      claims: OptionClaims,
      log: LogWriter,
      { onFatal }: ResolvedWebServiceOptions,
    ) => new FatalWatch({ reporter, runtime, claims, log, onFatal }),
  },
];
