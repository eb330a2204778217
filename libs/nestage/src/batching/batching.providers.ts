import type { Provider } from '@nestjs/common';
import { systemClock } from '../common/clock.js';
import { StageRuntime } from '../core/initialize/stage-runtime.js';
import { OptionClaims } from '../core/options/option-claims.js';
import { AdmissionDefaults } from '../core/pipeline/admission-defaults.js';
import { StageEvents } from '../core/pipeline/stage-events.js';
import { StagePlugins } from '../core/pipeline/stage-plugins.js';
import { BatchMiddleware } from './batch.middleware.js';

/** The room as providers. @internal */
export const BATCHING_PROVIDERS: readonly Provider[] = [
  {
    provide: BatchMiddleware,
    inject: [StagePlugins, OptionClaims, AdmissionDefaults, StageRuntime, StageEvents],
    useFactory: (plugins: StagePlugins, claims: OptionClaims, admission: AdmissionDefaults, runtime: StageRuntime, events: StageEvents) =>
      new BatchMiddleware({ plugins, claims, admission, runtime, events, clock: systemClock }),
  },
];
