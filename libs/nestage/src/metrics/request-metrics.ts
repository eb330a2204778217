import type { Counter, Histogram } from 'prom-client';
import type { FinishedRequest, RequestEvents } from '../core/context/request-events.js';
import type { RequestContext } from '../core/context/request-context.js';
import type { ErrorTier } from '../core/errors/error-catalogue.js';
import { type MetricsRegistry, OTHER_PATH } from './metrics-registry.js';

/** Tier label of a success. */
const NO_TIER = 'none';

/** The counters of one path, bound once. */
interface PathMetrics {
  readonly duration: Histogram.Internal<'path'>;
  readonly bytesIn: Counter.Internal;
  readonly bytesOut: Counter.Internal;
  readonly outcomes: Map<string, Counter.Internal>;
}

/**
 * Requests by path, tier and status, whoever answered them; those of unknown paths under `other`.
 * @internal
 */
export class RequestMetrics {
  private readonly total: Counter<'path' | 'tier' | 'status'>;
  private readonly duration: Histogram<'path'>;
  private readonly bytesIn: Counter<'path'>;
  private readonly bytesOut: Counter<'path'>;
  private readonly open = new Set<RequestContext>();
  private readonly byPath = new Map<string, PathMetrics>();

  constructor(metrics: MetricsRegistry, requests: RequestEvents) {
    this.total = metrics.counter({ name: 'nestage_requests_total', help: 'Requests that are over, by path, error tier and status.' }, [
      'path',
      'tier',
      'status',
    ]);
    this.duration = metrics.histogram('nestage_request_duration_seconds', 'From the opening of a request to the end of its answer.', [
      'path',
    ]);
    this.bytesIn = metrics.counter({ name: 'nestage_request_body_bytes_total', help: 'Bytes of request bodies received.' }, ['path']);
    this.bytesOut = metrics.counter({ name: 'nestage_response_bytes_total', help: 'Bytes of answers sent, with their heads.' }, ['path']);
    this.provideInFlight(metrics);
    requests.observe({ started: (context) => this.open.add(context), finished: (request) => this.finish(request) });
  }

  /** Makes the series of a route exist from the start, so that their first increase is seen. */
  prepare(path: string): void {
    this.outcome(path, NO_TIER, 200).inc(0);
  }

  private finish(request: FinishedRequest): void {
    const { context, status, durationMs, bytesIn, bytesOut } = request;
    this.open.delete(context);
    const path = labelOf(context);
    const metrics = this.of(path);
    this.outcome(path, tierOf(request), status).inc();
    metrics.duration.observe(durationMs / 1000);
    metrics.bytesIn.inc(bytesIn);
    metrics.bytesOut.inc(bytesOut);
  }

  private outcome(path: string, tier: string, status: number): Counter.Internal {
    const { outcomes } = this.of(path);
    const key = `${tier} ${status}`;
    const known = outcomes.get(key);
    if (known) return known;
    const bound = this.total.labels({ path, tier, status });
    outcomes.set(key, bound);
    return bound;
  }

  private of(path: string): PathMetrics {
    const known = this.byPath.get(path);
    if (known) return known;
    const [duration, bytesIn, bytesOut] = [this.duration.labels({ path }), this.bytesIn.labels({ path }), this.bytesOut.labels({ path })];
    const metrics: PathMetrics = { duration, bytesIn, bytesOut, outcomes: new Map() };
    this.byPath.set(path, metrics);
    return metrics;
  }

  /** Counted at the scrape; the service's own routes don't count, or the scrape itself would show. */
  private provideInFlight(metrics: MetricsRegistry): void {
    const { open, byPath } = this;
    const gauge = metrics.gauge(
      {
        name: 'nestage_requests_in_flight',
        help: 'Requests between their first byte and the last of their answer.',
        collect: () => {
          for (const path of byPath.keys()) gauge.set({ path }, 0);
          for (const context of open) if (!context.servicePath) gauge.inc({ path: labelOf(context) });
        },
      },
      ['path'],
    );
  }
}

function labelOf({ path, servicePath }: RequestContext): string {
  return path || servicePath || OTHER_PATH;
}

/** An error that others answered, such as an ordinary controller's own, is judged by its status. */
function tierOf({ failure, status }: FinishedRequest): ErrorTier | typeof NO_TIER {
  if (failure) return failure.tier;
  if (status >= 500) return 'L3';
  return status >= 400 ? 'L1' : NO_TIER;
}
