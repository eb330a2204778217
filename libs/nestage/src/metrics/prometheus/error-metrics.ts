import type { ErrorReport, ErrorReporter } from '../../core/errors/error-reporter.js';
import { type MetricsRegistry, OTHER_PATH } from './metrics-registry.js';

/**
 * Reported errors by tier, code and path, those outside of requests too.
 * @internal
 */
export class ErrorMetrics {
  constructor(metrics: MetricsRegistry, reporter: ErrorReporter) {
    const errors = metrics.counter({ name: 'nestage_errors_total', help: 'Errors by tier, code, path and the place they were met in.' }, [
      'tier',
      'code',
      'path',
      'place',
    ]);
    reporter.observe(({ tier, code, place, context }: ErrorReport) => {
      errors.inc({ tier, code, path: context?.path || OTHER_PATH, place });
    });
  }
}
