import { type BullRootModuleOptions, getSharedConfigToken } from '@nestjs/bullmq';
import type { Provider } from '@nestjs/common';
import { ModuleRef } from '@nestjs/core';
import type { RedisOptions } from 'ioredis';
import { systemClock } from '../common/clock.js';
import { RequestEvents } from '../core/context/request-events.js';
import { TraceCarrier } from '../core/context/trace-carrier.js';
import { ErrorReporter } from '../core/errors/error-reporter.js';
import { HealthService } from '../core/health/health.service.js';
import { StageRuntime } from '../core/initialize/stage-runtime.js';
import { JobEngine } from '../core/jobs/job-engine.js';
import { PayloadStore } from '../core/jobs/payload-store.js';
import { LogWriter } from '../core/log/log-writer.js';
import { OptionClaims } from '../core/options/option-claims.js';
import { SERVICE_ENVIRONMENT, type ServiceEnvironment } from '../core/options/service-environment.js';
import { RequestOpenings } from '../core/pipeline/request-openings.js';
import { StagePipelines } from '../core/pipeline/stage-pipelines.js';
import { StagePlugins } from '../core/pipeline/stage-plugins.js';
import { SharedBreakers, SharedCounts } from '../core/state/shared-state.js';
import { GateChecks } from '../http/gate/gate-checks.js';
import { BullJobEngine } from './engine/bull-job-engine.js';
import { RedisPayloadStore } from './payloads/redis-payload-store.js';
import { type QueueOptions, type ResolvedQueueOptions, resolveQueueOptions } from './queue.options.js';
import type { QueueConnection } from './redis/connection.js';
import { RedisLink } from './redis/redis-link.js';
import { JobContexts } from './remote/job-context.js';
import { QueuedRoutes } from './remote/queued-routes.js';
import { RedisBreakers } from './shared/redis-breakers.js';
import { RedisCounts } from './shared/redis-counts.js';

/** DI token of the options as given. @internal */
export const QUEUE_OPTIONS = Symbol('nestage:queue-options');
const RESOLVED_QUEUE_OPTIONS = Symbol('nestage:resolved-queue-options');

type BullConfiguration = Pick<BullRootModuleOptions, 'connection'>;

const clock = systemClock;

/** The room as providers; without Redis, link, engine and store are `undefined`. @internal */
export const QUEUE_PROVIDERS: readonly Provider[] = [
  {
    provide: RESOLVED_QUEUE_OPTIONS,
    inject: [QUEUE_OPTIONS, SERVICE_ENVIRONMENT, { token: getSharedConfigToken(), optional: true }],
    useFactory: (given: QueueOptions, environment: ServiceEnvironment, bull: BullConfiguration | undefined) =>
      resolveQueueOptions({ ...given, connection: given.connection ?? connectionOf(bull) }, environment),
  },
  {
    provide: RedisLink,
    inject: [RESOLVED_QUEUE_OPTIONS, LogWriter],
    useFactory: ({ connection, commandTimeoutMs }: ResolvedQueueOptions, log: LogWriter) =>
      connection === undefined ? undefined : new RedisLink({ connection, commandTimeoutMs, log, clock }),
  },
  {
    provide: JobEngine,
    inject: [RESOLVED_QUEUE_OPTIONS, RedisLink, LogWriter],
    useFactory: (options: ResolvedQueueOptions, link: RedisLink | undefined, log: LogWriter) =>
      link && new BullJobEngine({ ...options, link, log, isWorker: options.role !== 'web' }),
  },
  {
    provide: PayloadStore,
    inject: [RESOLVED_QUEUE_OPTIONS, RedisLink],
    useFactory: ({ payloads, prefix }: ResolvedQueueOptions, link: RedisLink | undefined) =>
      payloads === 'redis' ? link && new RedisPayloadStore(link, prefix) : payloads,
  },
  {
    provide: SharedCounts,
    inject: [RESOLVED_QUEUE_OPTIONS, RedisLink],
    useFactory: ({ share, prefix }: ResolvedQueueOptions, link: RedisLink | undefined) =>
      link && share.includes('rateLimits') ? new RedisCounts(link, prefix) : undefined,
  },
  {
    provide: SharedBreakers,
    inject: [RESOLVED_QUEUE_OPTIONS, RedisLink, LogWriter],
    useFactory: ({ share, prefix }: ResolvedQueueOptions, link: RedisLink | undefined, log: LogWriter) =>
      link && share.includes('breakers') ? new RedisBreakers(link, prefix, log) : undefined,
  },
  {
    provide: JobContexts,
    inject: [LogWriter, RequestOpenings, RequestEvents],
    useFactory: (writer: LogWriter, openings: RequestOpenings, requests: RequestEvents) =>
      new JobContexts({ writer, openings, requests, clock }),
  },
  {
    provide: QueuedRoutes,
    inject: [
      RESOLVED_QUEUE_OPTIONS,
      RedisLink,
      JobEngine,
      PayloadStore,
      JobContexts,
      StagePlugins,
      StagePipelines,
      StageRuntime,
      OptionClaims,
      TraceCarrier,
      ErrorReporter,
      HealthService,
      GateChecks,
      ModuleRef,
    ],
    useFactory: (
      options: ResolvedQueueOptions,
      link: RedisLink | undefined,
      engine: JobEngine | undefined,
      payloads: PayloadStore | undefined,
      contexts: JobContexts,
      plugins: StagePlugins,
      pipelines: StagePipelines,
      runtime: StageRuntime,
      claims: OptionClaims,
      traces: TraceCarrier,
      errors: ErrorReporter,
      health: HealthService,
      gate: GateChecks,
      moduleRef: ModuleRef,
    ) =>
      new QueuedRoutes({
        options,
        redis: link && engine && payloads && { link, engine, payloads },
        contexts,
        plugins,
        pipelines,
        runtime,
        claims,
        traces,
        errors,
        health,
        gate,
        moduleRef,
        clock,
      }),
  },
];

/** What the app has told BullMQ by `BullModule.forRoot()`: its connection is as good for us. */
function connectionOf(bull: BullConfiguration | undefined): QueueConnection | undefined {
  const given = bull?.connection as { readonly options?: RedisOptions } | RedisOptions | undefined;
  return given && 'options' in given ? given.options : (given as RedisOptions | undefined);
}
