import type { ModuleMetadata, Provider } from '@nestjs/common';
import { systemClock } from '../common/clock.js';
import { RequestContext } from '../core/context/request-context.js';
import { RequestEvents } from '../core/context/request-events.js';
import { TraceCarrier } from '../core/context/trace-carrier.js';
import { type ErrorReport, ErrorReporter } from '../core/errors/error-reporter.js';
import { StageRuntime } from '../core/initialize/stage-runtime.js';
import { LogWriter } from '../core/log/log-writer.js';
import { OptionClaims } from '../core/options/option-claims.js';
import { RESOLVED_OPTIONS, type WebServiceOptions } from '../core/options/web-service.options.js';
import { StageEvents } from '../core/pipeline/stage-events.js';
import { StageGauges } from '../core/pipeline/stage-gauges.js';
import { StagePlugins } from '../core/pipeline/stage-plugins.js';
import { ResourceMonitor } from '../core/resources/resource-usage.js';
import { ErrorMonitor } from './statistics/error-monitor.js';
import { EventLoopMonitor } from './statistics/event-loop-monitor.js';
import { HandlerRates } from './statistics/handler-rates.js';
import { LoadHistory } from './statistics/load-history.js';
import { METRICS_CHECKS, RESOLVED_METRICS_OPTIONS, type ResolvedMetricsOptions, resolveMetricsOptions } from './metrics.options.js';
import { MetricsRegistry } from './prometheus/metrics-registry.js';
import { PerformanceMonitor } from './statistics/performance-monitor.js';
import { PerformanceRecorder } from './statistics/performance-recorder.js';
import { RecentErrors } from './records/recent-errors.js';
import { RequestMarker } from './records/request-marker.js';
import { RequestRecords } from './records/request-records.js';
import { traceHeaders } from './tracing/request-trace.js';
import { ServiceMetrics } from './prometheus/service-metrics.js';
import { StageTimer } from './stage-timer.js';
import { Tracing } from './tracing/tracing.js';
import { WorkTally } from './statistics/work-tally.js';

/** Everything that watches the service. @internal */
export const METRICS_PROVIDERS: readonly Provider[] = [
  {
    provide: RESOLVED_METRICS_OPTIONS,
    inject: [RESOLVED_OPTIONS, OptionClaims],
    useFactory: (options: WebServiceOptions, claims: OptionClaims) => {
      claims.claim({ service: METRICS_CHECKS });
      return resolveMetricsOptions(options);
    },
  },
  {
    provide: PerformanceMonitor,
    inject: [RESOLVED_METRICS_OPTIONS],
    useFactory: ({ stats }: ResolvedMetricsOptions) => new PerformanceMonitor({ ...stats, clock: systemClock }),
  },
  {
    provide: ErrorMonitor,
    inject: [ErrorReporter, StageRuntime],
    useFactory: (reporter: ErrorReporter, runtime: StageRuntime) =>
      new ErrorMonitor({ reporter, handlerOf: (report) => handlerOf(report, runtime), clock: systemClock }),
  },
  {
    provide: RecentErrors,
    inject: [ErrorReporter, StageRuntime],
    useFactory: (reporter: ErrorReporter, runtime: StageRuntime) =>
      new RecentErrors({ reporter, handlerOf: (report) => handlerOf(report, runtime), clock: systemClock }),
  },
  {
    provide: LoadHistory,
    inject: [ResourceMonitor, EventLoopMonitor],
    useFactory: (resources: ResourceMonitor, eventLoop: EventLoopMonitor) => new LoadHistory({ resources, eventLoop, clock: systemClock }),
  },
  { provide: HandlerRates, inject: [RequestEvents], useFactory: (requests: RequestEvents) => new HandlerRates(requests, systemClock) },
  { provide: WorkTally, inject: [StageEvents], useFactory: (events: StageEvents) => new WorkTally(events) },
  { provide: EventLoopMonitor, useFactory: () => new EventLoopMonitor(systemClock) },
  {
    provide: MetricsRegistry,
    inject: [RESOLVED_METRICS_OPTIONS],
    useFactory: ({ metrics }: ResolvedMetricsOptions) => new MetricsRegistry(metrics.bucketsSeconds),
  },
  {
    provide: ServiceMetrics,
    inject: [
      RESOLVED_METRICS_OPTIONS,
      MetricsRegistry,
      RequestEvents,
      StageEvents,
      StageGauges,
      ErrorReporter,
      StageRuntime,
      ResourceMonitor,
      EventLoopMonitor,
      LogWriter,
    ],
    useFactory: (
      options: ResolvedMetricsOptions,
      metrics: MetricsRegistry,
      requests: RequestEvents,
      events: StageEvents,
      gauges: StageGauges,
      errors: ErrorReporter,
      runtime: StageRuntime,
      resources: ResourceMonitor,
      eventLoop: EventLoopMonitor,
      log: LogWriter,
    ) =>
      options.metrics.route
        ? new ServiceMetrics({ metrics, requests, events, gauges, errors, runtime, resources, eventLoop, log })
        : undefined,
  },
  {
    provide: RequestMarker,
    inject: [StageEvents, RESOLVED_METRICS_OPTIONS],
    useFactory: (events: StageEvents, { serverTiming }: ResolvedMetricsOptions) => new RequestMarker({ events, serverTiming }),
  },
  {
    provide: PerformanceRecorder,
    inject: [PerformanceMonitor, RequestEvents],
    useFactory: (monitor: PerformanceMonitor, requests: RequestEvents) => new PerformanceRecorder(monitor, requests),
  },
  {
    provide: Tracing,
    inject: [StagePlugins, RequestEvents, TraceCarrier, RESOLVED_METRICS_OPTIONS],
    useFactory: (plugins: StagePlugins, requests: RequestEvents, traces: TraceCarrier, { tracing }: ResolvedMetricsOptions) => {
      traces.use(traceHeaders);
      return tracing ? new Tracing(plugins, requests) : undefined;
    },
  },
  {
    provide: StageTimer,
    inject: [StagePlugins, RequestMarker, PerformanceRecorder, ServiceMetrics],
    useFactory: (plugins: StagePlugins, marker: RequestMarker, recorder: PerformanceRecorder, metrics: ServiceMetrics | undefined) =>
      new StageTimer({ plugins, clock: systemClock, listeners: [marker, recorder, ...(metrics ? [metrics] : [])] }),
  },
  {
    provide: RequestRecords,
    inject: [RESOLVED_METRICS_OPTIONS, RequestEvents, EventLoopMonitor],
    useFactory: ({ records }: ResolvedMetricsOptions, requests: RequestEvents, eventLoop: EventLoopMonitor) =>
      new RequestRecords({ size: records.route ? records.size : 0, requests, eventLoop, clock: systemClock }),
  },
];

/** What an app may inject of it. @internal */
export const METRICS_EXPORTS: NonNullable<ModuleMetadata['exports']> = [
  RESOLVED_METRICS_OPTIONS,
  PerformanceMonitor,
  ErrorMonitor,
  EventLoopMonitor,
  MetricsRegistry,
  RequestRecords,
];

/** The name that the transport noted, else that of the route on the path. */
function handlerOf({ context }: ErrorReport, runtime: StageRuntime): string | undefined {
  if (!context) return undefined;
  if (context instanceof RequestContext && context.handlerName) return context.handlerName;
  return runtime.routes.find(({ route }) => route.path === context.path)?.route.name;
}
