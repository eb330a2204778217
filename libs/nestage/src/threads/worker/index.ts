// For worker files: loads nothing of Nest, so that a thread starts fast and stays small.
export type { WorkerContext, WorkerSetup, WorkerTask } from './worker-task.js';
export type { WorkerCounter, WorkerHistogram, WorkerHistogramOptions, WorkerMetricOptions, WorkerMetrics } from './worker-metrics.js';
export { transfer } from '../wire/transfer.js';
export {
  BusinessError,
  FatalError,
  type FieldError,
  ModelError,
  ProcessingError,
  SystemError,
  ValidationError,
} from '../../core/errors/service-errors.js';
export { isWebServiceError, WebServiceError, type WebServiceErrorOptions } from '../../core/errors/web-service.error.js';
export { type AbortCause, RequestAbortedError } from '../../core/context/request-aborted.error.js';
export { BinaryResult, type BinaryResultOptions } from '../../core/stage/binary-result.js';
