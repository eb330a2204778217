import type { FinishedRequest, RequestEvents } from '../../core/context/request-events.js';
import type { RequestContext } from '../../core/context/request-context.js';
import type { ErrorTier } from '../../core/errors/error-catalogue.js';
import { type MetricsRegistry, OTHER_PATH } from './metrics-registry.js';
import type { TallyCounter, TallyHistogram, TallyHistogramSeries, TallySeries } from './tally-metrics.js';

/** Tier label of a success. */
const NO_TIER = 'none';

type Tier = ErrorTier | typeof NO_TIER;

/** The counters of one path, bound once. */
interface PathMetrics {
  readonly duration: TallyHistogramSeries;
  readonly bytesIn: TallySeries;
  readonly bytesOut: TallySeries;
  /** By tier and status. */
  readonly outcomes: Readonly<Record<Tier, Map<number, TallySeries>>>;
}

/**
 * Requests by path, tier and status, whoever answered them; those of unknown paths under `other`.
 * @internal
 */
export class RequestMetrics {
  private readonly total: TallyCounter;
  private readonly duration: TallyHistogram;
  private readonly bytesIn: TallyCounter;
  private readonly bytesOut: TallyCounter;
  private readonly byPath = new Map<string, PathMetrics>();

  constructor(metrics: MetricsRegistry, requests: RequestEvents) {
    this.total = metrics.tallyCounter({
      name: 'nestage_requests_total',
      help: 'Requests that are over, by path, error tier and status.',
    });
    this.duration = metrics.tallyHistogram({
      name: 'nestage_request_duration_seconds',
      help: 'From the opening of a request to the end of its answer.',
    });
    this.bytesIn = metrics.tallyCounter({ name: 'nestage_request_body_bytes_total', help: 'Bytes of request bodies received.' });
    this.bytesOut = metrics.tallyCounter({ name: 'nestage_response_bytes_total', help: 'Bytes of answers sent, with their heads.' });
    this.provideInFlight(metrics, requests);
    requests.observe({ finished: (request) => this.finish(request) });
  }

  /** Makes the series of a route exist from the start, so that their first increase is seen. */
  prepare(path: string): void {
    this.outcome(this.of(path), path, { tier: NO_TIER, status: 200 });
  }

  private finish(request: FinishedRequest): void {
    const { context, status, durationMs, bytesIn, bytesOut } = request;
    const path = labelOf(context);
    const metrics = this.of(path);
    this.outcome(metrics, path, { tier: tierOf(request), status }).add(1);
    metrics.duration.observe(durationMs / 1000);
    metrics.bytesIn.add(bytesIn);
    metrics.bytesOut.add(bytesOut);
  }

  private outcome(
    { outcomes }: PathMetrics,
    path: string,
    { tier, status }: { readonly tier: Tier; readonly status: number },
  ): TallySeries {
    const known = outcomes[tier].get(status);
    if (known) return known;
    const series = this.total.series({ path, tier, status });
    outcomes[tier].set(status, series);
    return series;
  }

  private of(path: string): PathMetrics {
    const known = this.byPath.get(path);
    if (known) return known;
    const [duration, bytesIn, bytesOut] = [this.duration.series({ path }), this.bytesIn.series({ path }), this.bytesOut.series({ path })];
    const outcomes = { [NO_TIER]: new Map(), L1: new Map(), L2: new Map(), L3: new Map(), L4: new Map() };
    const metrics: PathMetrics = { duration, bytesIn, bytesOut, outcomes };
    this.byPath.set(path, metrics);
    return metrics;
  }

  /** Counted at the scrape; the service's own routes don't count, or the scrape itself would show. */
  private provideInFlight(metrics: MetricsRegistry, requests: RequestEvents): void {
    const { byPath } = this;
    const gauge = metrics.gauge(
      {
        name: 'nestage_requests_in_flight',
        help: 'Requests between their first byte and the last of their answer.',
        collect: () => {
          for (const path of byPath.keys()) gauge.set({ path }, 0);
          for (const context of requests.open()) if (!context.servicePath) gauge.inc({ path: labelOf(context) });
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
function tierOf({ failure, status }: FinishedRequest): Tier {
  if (failure) return failure.tier;
  if (status >= 500) return 'L3';
  return status >= 400 ? 'L1' : NO_TIER;
}
