import type { ModuleMetadata, Provider } from '@nestjs/common';
import { systemClock } from '../common/clock.js';
import { StageRuntime } from '../core/initialize/stage-runtime.js';
import { OptionClaims } from '../core/options/option-claims.js';
import { StageEvents } from '../core/pipeline/stage-events.js';
import { StageGauges } from '../core/pipeline/stage-gauges.js';
import { StagePlugins } from '../core/pipeline/stage-plugins.js';
import { CachingMiddleware } from './caching.middleware.js';
import { ResultCache } from './result-cache.js';

/** What the app may inject of the room. @internal */
export const CACHING_EXPORTS: NonNullable<ModuleMetadata['exports']> = [ResultCache];

/** The room as providers. @internal */
export const CACHING_PROVIDERS: readonly Provider[] = [
  {
    provide: ResultCache,
    inject: [StageGauges],
    useFactory: (gauges: StageGauges) => {
      const results = new ResultCache();
      const provide = (name: string, help: string, field: 'entries' | 'bytes'): void =>
        gauges.provide({ name, help, read: () => results.paths.map((path) => [path, results.statisticsOf(path)?.[field] ?? 0] as const) });
      provide('cache_entries', 'Results kept.', 'entries');
      provide('cache_bytes', 'What the kept results weigh, about.', 'bytes');
      return results;
    },
  },
  {
    provide: CachingMiddleware,
    inject: [StagePlugins, OptionClaims, StageRuntime, StageEvents, ResultCache],
    useFactory: (plugins: StagePlugins, claims: OptionClaims, runtime: StageRuntime, events: StageEvents, results: ResultCache) =>
      new CachingMiddleware({ plugins, claims, runtime, events, results, clock: systemClock }),
  },
];
