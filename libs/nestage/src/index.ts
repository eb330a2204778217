// What a user writes: the four stages and the module.
export { WebServiceModule, type WebServiceAsyncOptions } from './web-service.module.js';
export { startWebService } from './start-web-service.js';
export type { StartOptions } from './start-options.js';
export type { RootModule, RootModuleSource } from './start-root.js';
export type { WorkerCount, WorkersOptions } from './processes/workers.options.js';
export { availableCpus, type CgroupPlaces } from './core/resources/cgroup-limits.js';
export { WebService } from './web-service.js';
export { StageHandler } from './core/stage/stage-handler.decorator.js';
export type { StageHandlerClass } from './core/stage/stage-flow.js';
export { StageModel } from './core/stage/stage-model.decorator.js';
export { InferDto } from './core/stage/infer-dto.decorator.js';
export { FromPath, FromQuery, type RequestField } from './core/stage/request-fields.decorator.js';
export type { BatchResult, ModelLifecycle, StageLifecycle, StageResult } from './core/stage/stage-lifecycle.js';
export { STAGE_METHODS, type StageHandlerOptions, type StageMethod } from './core/stage/stage-handler.options.js';
export { type BinaryData, BinaryResult, type BinaryResultOptions } from './core/stage/binary-result.js';
export type { FeatureRoute } from './core/discovery/feature-routes.js';
export type {
  BuiltInRoute,
  HealthOptions,
  ManagementOptions,
  StageHandlerDefaults,
  WebServiceOptions,
} from './core/options/web-service.options.js';

// What a stage is given.
export { type RequestOrigin, StageContext, type StageResponse } from './core/context/stage-context.js';
export { currentContext, currentLogId } from './core/context/context-storage.js';
export { type AbortCause, RequestAbortedError } from './core/context/request-aborted.error.js';
export { StageLogger } from './core/log/stage-logger.js';

// Errors.
export {
  BusinessError,
  FatalError,
  type FieldError,
  ModelError,
  ProcessingError,
  SystemError,
  ValidationError,
} from './core/errors/service-errors.js';
export { isWebServiceError, WebServiceError, type WebServiceErrorOptions } from './core/errors/web-service.error.js';
export { ERROR_CATALOGUE, type ErrorCatalogueEntry, type ErrorCode, type ErrorTier } from './core/errors/error-catalogue.js';
export { type ClassifiedError, classifyError } from './core/errors/classify-error.js';
export { type SanitizedError, sanitizeError } from './core/errors/sanitize-error.js';
export { LOCALES, type Locale } from './core/errors/error-texts.js';
export { type ErrorObserver, type ErrorPlace, type ErrorReport, ErrorReporter } from './core/errors/error-reporter.js';
export { StartFaultError } from './core/discovery/start-fault.js';

// Monitoring.
export { PerformanceMonitor, type StatisticsPeriod } from './metrics/statistics/performance-monitor.js';
export type { DurationStatistics } from './metrics/statistics/duration-histogram.js';
export { Timed } from './metrics/statistics/timed.decorator.js';
export { ERROR_PERIODS, type ErrorCounts, type ErrorFilter, ErrorMonitor, type ErrorPeriod } from './metrics/statistics/error-monitor.js';
export { EventLoopMonitor, type EventLoopUsage } from './metrics/statistics/event-loop-monitor.js';
export { MetricsRegistry, type Scrape } from './metrics/prometheus/metrics-registry.js';
export type { MetricsOptions, RequestRecordOptions, StatsOptions } from './metrics/metrics.options.js';
export { type RequestRecord, RequestRecords } from './metrics/records/request-records.js';
export { annotateSpan, traceHeaders } from './metrics/tracing/request-trace.js';
export { GEN_AI_ATTRIBUTES } from './metrics/tracing/span-attributes.js';
export { type FinishedRequest, RequestEvents, type RequestObserver } from './core/context/request-events.js';
export { marksOf, type RequestMarks, type WaitingPlace } from './core/context/request-marks.js';

// Alerts.
export { type Alert, ANOMALY_SIGNALS, type AnomalyFigures, type AnomalySignal } from './alerts/alert.js';
export type { AlertDeliveryOptions, AlertSink, AlertSinkFactory, AlertSinkSource } from './alerts/alert-sink.js';
export { ALERT_GROUPS, type AlertGroup, type AlertRule, type AnomalyRule, type ErrorRule } from './alerts/alert-rules.js';
export type { AlertRoute, AlertsOptions } from './alerts/alerts.options.js';
export { logSink } from './alerts/log.sink.js';
export { webhook, type WebhookOptions } from './alerts/webhook.sink.js';
export { verifyWebhook, WEBHOOK_SIGNATURE_HEADER, WEBHOOK_TIMESTAMP_HEADER, type WebhookVerification } from './alerts/webhook-signature.js';
export { WEBHOOK_TEMPLATES, type WebhookTemplate, type WebhookTemplateName } from './alerts/webhook-templates.js';

// Logs, health and resources.
export { LOG_LEVELS, type LogLevel, LogWriter } from './core/log/log-writer.js';
export type { LogFormat, LoggingOptions } from './logging/logging.options.js';
export { describeValue } from './logging/values/describe-value.js';
export { NestLogBridge } from './logging/nest-logger.js';
export { LogIdInterceptor } from './http/context/log-id.interceptor.js';
export { ResourceLogInterceptor } from './http/context/resource-log.interceptor.js';
export type {
  HealthCheck,
  HealthCheckFactory,
  HealthCheckResult,
  HealthCheckSource,
  HealthStatus,
  ProviderResolver,
} from './core/health/health-check.js';
export { type HealthCheckReport, type HealthReport, HealthService } from './core/health/health.service.js';
export { ResourceMonitor, type ResourceUsage } from './core/resources/resource-usage.js';
export { StageRuntime } from './core/initialize/stage-runtime.js';

// Batching.
export type { BatchOptions } from './batching/batch.options.js';

// Coalescing and caching.
export type { CacheOptions, CoalesceOptions, ShareKey } from './caching/caching.options.js';
export { ResultCache, type ResultCacheStatistics } from './caching/result-cache.js';

// Resilience. What adds to the options of handlers is known to the package's users only if their types lead to it: each exports a type here.
export type { HandlerDeadlines } from './resilience/deadline/deadline.options.js';
export type { FatalPolicy } from './resilience/fatal-watch.js';
export type { AdaptiveConcurrency } from './resilience/admission/admission.options.js';
export { type AdmissionGauges, AdmissionState } from './resilience/admission/admission-state.js';
export { BREAKER_MODES, type BreakerMode, type BreakerOptions } from './resilience/breaker/breaker.options.js';
export type { RetryOptions } from './resilience/retry/retry.options.js';
export { ServiceDegrader } from './resilience/breaker/service-degrader.js';

// For rooms of your own: middleware around stages, protocols, body formats.
export {
  STAGE_SLOTS,
  type StageAround,
  type StageCall,
  type StageMiddleware,
  type StageName,
  type StageNext,
  STAGES,
  type StageSlot,
} from './core/pipeline/stage-middleware.js';
export type {
  AdmissionAdmittedEvent,
  AdmissionLeftEvent,
  AdmissionRefusedEvent,
  AdmissionWaitingEvent,
  PermitReclaimedEvent,
} from './core/pipeline/admission-events.js';
export {
  BATCH_OUTCOMES,
  type BatchDoneEvent,
  type BatchLeftEvent,
  type BatchOutcome,
  type BatchRefusedEvent,
  type BatchWaitedEvent,
} from './core/pipeline/batch-events.js';
export { CACHE_OUTCOMES, type CacheEvictedEvent, type CacheLookupEvent, type CacheOutcome } from './core/pipeline/cache-events.js';
export {
  BREAKER_STATES,
  type BreakerRefusedEvent,
  type BreakerState,
  type BreakerStateEvent,
  type DegradedEvent,
  type RetryEvent,
} from './core/pipeline/failure-events.js';
export type { StageEventOrigin } from './core/pipeline/stage-event-origin.js';
export {
  type AbortedEvent,
  type LateResultEvent,
  type StageEvent,
  type StageEventListener,
  type StageEventType,
  StageEvents,
} from './core/pipeline/stage-events.js';
export {
  WORKER_END_CAUSES,
  WORKER_OUTCOMES,
  type WorkerDoneEvent,
  type WorkerEndCause,
  type WorkerEndedEvent,
  type WorkerEvent,
  type WorkerEventOrigin,
  type WorkerMetricEvent,
  type WorkerObservation,
  type WorkerOutcome,
  type WorkerRefusedEvent,
  type WorkerWaitedEvent,
} from './core/pipeline/worker-events.js';
export { FinishedResult } from './core/pipeline/finished-result.js';
export { StagePlugins } from './core/pipeline/stage-plugins.js';
export type { StageRunner, StageRunnerSource } from './core/pipeline/stage-runner.js';
export { type StageGauge, StageGauges } from './core/pipeline/stage-gauges.js';
export { StageStream, type StageStreamObserver } from './core/pipeline/stage-stream.js';
export { type ItemReceiver, ItemSource } from './common/items/item-source.js';
export type { StageRoute } from './core/discovery/stage-route.js';
export { type OptionClaim, OptionClaims } from './core/options/option-claims.js';
export type { EncodedStream, EncodedValue, PlainForm, ProtocolExchange, RouteProtocol } from './core/protocol/route-protocol.js';
export { type ErrorBody, jsonProtocol } from './core/protocol/json.protocol.js';
export type { TrustProxy } from './http/create-adapter.js';
export type { ServerLimits } from './http/server/server-limits.js';
export type { JsonLimits } from './core/protocol/json-limits.js';
export { type BodyFormat, jsonBody, jsonBodyWithin } from './core/protocol/body-format.js';

// Units.
export { hours, minutes, seconds } from './common/duration.js';
export { kilobytes, megabytes } from './common/size.js';
export { type Clock, systemClock } from './common/clock.js';
export { OptionError, type OptionErrorOptions } from './common/option-checks.js';
export { completeApiDocument, writeApiDocument } from './api-document.js';
