import type { Provider } from '@nestjs/common';
import { ModuleRef } from '@nestjs/core';
import { systemClock } from '../common/clock.js';
import { RequestEvents } from '../core/context/request-events.js';
import { TraceCarrier } from '../core/context/trace-carrier.js';
import { StageRuntime } from '../core/initialize/stage-runtime.js';
import { JobEngine } from '../core/jobs/job-engine.js';
import { PayloadStore } from '../core/jobs/payload-store.js';
import { LogWriter } from '../core/log/log-writer.js';
import { ErrorResponder } from '../http/reply/error-responder.js';
import { RouteExecution } from '../http/route-execution.js';
import { ServiceRoutes } from '../http/service-routes.js';
import { TransportGate } from '../http/gate/transport-gate.js';
import { MetricsRegistry } from '../metrics/prometheus/metrics-registry.js';
import { JobIntake } from './handing-in/job-intake.js';
import { InProcessJobEngine } from './in-process/in-process-job-engine.js';
import { JobDesk } from './job-desk.js';
import { JobMetrics } from './job-metrics.js';
import type { JobLinks } from './job-view.js';
import { JobsService } from './jobs.service.js';
import { JOB_LINKS, JOB_ROUTES, JOB_WEBHOOKS, JOBS_ENGINE, JOBS_OPTIONS, JOBS_STORE, RESOLVED_JOBS_OPTIONS } from './jobs.tokens.js';
import { resolveJobHandlerOptions } from './job-handler.options.js';
import { routeKey } from '../core/discovery/stage-route.js';
import { type JobsOptions, type ResolvedJobsOptions, resolveJobsOptions } from './jobs.options.js';
import { FileSystemPayloadStore } from './payloads/file-system-payload-store.js';
import { PayloadBytes } from './payloads/payload-bytes.js';
import { JobRoutes } from './routes/job-routes.js';
import { JobFollower } from './running/job-follower.js';
import { JobTransport } from './running/job-transport.js';
import { JobWebhooks } from './webhook/job-webhooks.js';

/** The room as providers. @internal */
export const JOBS_PROVIDERS: readonly Provider[] = [
  { provide: RESOLVED_JOBS_OPTIONS, inject: [JOBS_OPTIONS], useFactory: (given: JobsOptions) => resolveJobsOptions(given) },
  {
    provide: JOBS_ENGINE,
    inject: [RESOLVED_JOBS_OPTIONS, { token: JobEngine, optional: true }],
    useFactory: ({ engine, inProcess }: ResolvedJobsOptions, provided?: JobEngine) =>
      engine ?? provided ?? new InProcessJobEngine(inProcess),
  },
  {
    provide: JOBS_STORE,
    inject: [RESOLVED_JOBS_OPTIONS, { token: PayloadStore, optional: true }],
    useFactory: ({ store, folder }: ResolvedJobsOptions, provided?: PayloadStore) =>
      store ?? provided ?? new FileSystemPayloadStore({ folder }),
  },
  {
    provide: PayloadBytes,
    inject: [JOBS_STORE, RESOLVED_JOBS_OPTIONS],
    useFactory: (store: PayloadStore, { inlineBytes }: ResolvedJobsOptions) => new PayloadBytes(store, inlineBytes),
  },
  {
    provide: JOB_LINKS,
    inject: [ServiceRoutes, RESOLVED_JOBS_OPTIONS],
    useFactory: (routes: ServiceRoutes, { path }: ResolvedJobsOptions): JobLinks => ({
      of(id) {
        if (path === undefined) return undefined;
        const self = routes.withPrefix(`${path}/${id}`);
        return { self, result: `${self}/result`, events: `${self}/events` };
      },
    }),
  },
  {
    provide: JOB_WEBHOOKS,
    inject: [JOBS_ENGINE, RESOLVED_JOBS_OPTIONS, JOB_LINKS, LogWriter],
    useFactory: (engine: JobEngine, { webhook: options }: ResolvedJobsOptions, links: JobLinks, log: LogWriter) =>
      options && new JobWebhooks({ engine, options, links, log }),
  },
  {
    provide: JobMetrics,
    inject: [MetricsRegistry, JOBS_ENGINE],
    useFactory: (metrics: MetricsRegistry, engine: JobEngine) => new JobMetrics(metrics, engine),
  },
  {
    provide: JobFollower,
    inject: [RequestEvents, JobMetrics, JOB_WEBHOOKS],
    useFactory: (events: RequestEvents, metrics: JobMetrics, webhooks: JobWebhooks | undefined) =>
      new JobFollower({ events, metrics, webhooks, clock: systemClock }),
  },
  {
    provide: JobDesk,
    inject: [JOBS_ENGINE, PayloadBytes, JOB_LINKS, StageRuntime],
    useFactory: (engine: JobEngine, bytes: PayloadBytes, links: JobLinks, runtime: StageRuntime) =>
      new JobDesk({ engine, bytes, links, clock: systemClock, isServed: (key) => isJobRoute(key, runtime) }),
  },
  {
    provide: JobIntake,
    inject: [JOBS_ENGINE, PayloadBytes, JobDesk, TraceCarrier, JOB_WEBHOOKS, JobMetrics, RESOLVED_JOBS_OPTIONS],
    useFactory: (
      engine: JobEngine,
      bytes: PayloadBytes,
      desk: JobDesk,
      trace: TraceCarrier,
      webhooks: JobWebhooks | undefined,
      metrics: JobMetrics,
      { maxWaitMs }: ResolvedJobsOptions,
    ) => new JobIntake({ engine, bytes, desk, trace, webhooks, metrics, clock: systemClock, maxWaitMs }),
  },
  {
    provide: JobTransport,
    inject: [TransportGate, RouteExecution, StageRuntime, ErrorResponder, JobFollower, PayloadBytes, ModuleRef, LogWriter],
    useFactory: (
      gate: TransportGate,
      execution: RouteExecution,
      runtime: StageRuntime,
      responder: ErrorResponder,
      follower: JobFollower,
      bytes: PayloadBytes,
      moduleRef: ModuleRef,
      writer: LogWriter,
    ) => new JobTransport({ gate, execution, runtime, responder, follower, bytes, moduleRef, writer, clock: systemClock }),
  },
  {
    provide: JOB_ROUTES,
    inject: [RESOLVED_JOBS_OPTIONS, JOBS_ENGINE, JobDesk, JobFollower],
    useFactory: ({ path, heartbeatMs }: ResolvedJobsOptions, engine: JobEngine, desk: JobDesk, follower: JobFollower) =>
      path === undefined ? undefined : new JobRoutes({ path, engine, desk, follower, heartbeatMs }),
  },
  JobsService,
];

function isJobRoute(key: string, { routes }: StageRuntime): boolean {
  return routes.some(({ route }) => routeKey(route) === key && resolveJobHandlerOptions(route.options));
}
