import type { ModuleMetadata, Provider } from '@nestjs/common';
import { AdmissionGaugeSource } from './admission-gauges.js';
import { alertsProviders } from './alerts/alerts.providers.js';
import { BATCHING_PROVIDERS } from './batching/batching.providers.js';
import { CACHING_EXPORTS, CACHING_PROVIDERS } from './caching/caching.providers.js';
import { systemClock } from './common/clock.js';
import { CORE_EXPORTS, CORE_PROVIDERS } from './core/core.providers.js';
import { SERVICE_ENVIRONMENT } from './core/options/service-environment.js';
import { ProcessGroup, SingleProcess } from './core/processes/process-group.js';
import { workerBirth } from './core/processes/worker-birth.js';
import { readEnvironment } from './environment.js';
import { HTTP_EXPORTS, HTTP_PROVIDERS } from './http/http.providers.js';
import { LOGGING_EXPORTS, LOGGING_PROVIDERS } from './logging/logging.providers.js';
import { maskSecrets } from './logging/values/mask-secrets.js';
import { METRICS_EXPORTS, METRICS_PROVIDERS } from './metrics/metrics.providers.js';
import { WorkerLink } from './processes/worker-link.js';
import { RESILIENCE_EXPORTS, RESILIENCE_PROVIDERS } from './resilience/resilience.providers.js';
import { ServiceAssembly } from './service-assembly.js';
import { ServiceHealth } from './service-health.js';
import { ServiceInitialization } from './service-initialization.js';
import { WebService } from './web-service.js';

/** Where the process stands: in what environment, and among which others. */
const PROCESS_PROVIDERS: readonly Provider[] = [
  { provide: SERVICE_ENVIRONMENT, useFactory: () => readEnvironment() },
  {
    provide: ProcessGroup,
    useFactory: () => {
      const birth = workerBirth();
      return birth ? new WorkerLink({ birth, clock: systemClock }) : new SingleProcess();
    },
  },
];

/** All that `WebServiceModule` is made of, from the bottom layer up. @internal */
export const WEB_SERVICE_PROVIDERS: readonly Provider[] = [
  ...PROCESS_PROVIDERS,
  ...CORE_PROVIDERS,
  ...LOGGING_PROVIDERS,
  ...RESILIENCE_PROVIDERS,
  ...BATCHING_PROVIDERS,
  ...CACHING_PROVIDERS,
  ...METRICS_PROVIDERS,
  ...alertsProviders(maskSecrets),
  AdmissionGaugeSource,
  ...HTTP_PROVIDERS,
  WebService,
  ServiceAssembly,
  ServiceInitialization,
  ServiceHealth,
];

/** What the app may inject from it. @internal */
export const WEB_SERVICE_EXPORTS: NonNullable<ModuleMetadata['exports']> = [
  WebService,
  SERVICE_ENVIRONMENT,
  ProcessGroup,
  ...CORE_EXPORTS,
  ...LOGGING_EXPORTS,
  ...HTTP_EXPORTS,
  ...RESILIENCE_EXPORTS,
  ...CACHING_EXPORTS,
  ...METRICS_EXPORTS,
];
