import type { Counter, Gauge } from 'prom-client';
import { BREAKER_STATES } from '../../core/pipeline/failure-events.js';
import type { StageEventListener, StageEvents } from '../../core/pipeline/stage-events.js';
import type { MetricsRegistry } from './metrics-registry.js';

/** Why a request was refused before its `run`. */
const REFUSALS = ['overloaded', 'queue_timeout', 'breaker_open'] as const;

const HEARD = [
  'admission.left',
  'admission.refused',
  'batch.refused',
  'breaker.refused',
  'breaker.state',
  'retry',
  'degraded',
  'aborted',
  'late_result',
] as const;

type Heard = Parameters<StageEventListener<(typeof HEARD)[number]>>[0];

/**
 * Refused, retried, degraded and late requests and the breakers' states, as the rooms tell of them.
 * @internal
 */
export class ResilienceMetrics {
  private readonly refused: Counter<'path' | 'reason'>;
  private readonly retries: Counter<'path'>;
  private readonly degraded: Counter<'path' | 'reason'>;
  private readonly aborted: Counter<'path' | 'cause'>;
  private readonly late: Counter<'path'>;
  private readonly breaker: Gauge<'path'>;

  constructor(metrics: MetricsRegistry, events: StageEvents) {
    this.refused = metrics.counter(
      { name: 'nestage_requests_refused_total', help: 'Requests kept from their run by a limit or a breaker.' },
      ['path', 'reason'],
    );
    this.retries = metrics.counter({ name: 'nestage_retries_total', help: 'Attempts of a run beyond the first.' }, ['path']);
    this.degraded = metrics.counter({ name: 'nestage_degraded_answers_total', help: 'Answers that a fallback gave.' }, ['path', 'reason']);
    this.aborted = metrics.counter({ name: 'nestage_requests_aborted_total', help: 'Requests whose signal fired before they were over.' }, [
      'path',
      'cause',
    ]);
    this.late = metrics.counter({ name: 'nestage_late_results_total', help: 'Results dropped because their request was over.' }, ['path']);
    this.breaker = metrics.gauge(
      {
        name: 'nestage_breaker_state',
        help: 'State of the breaker: 0 closed, 1 half open, 2 open; of several processes the worst.',
        aggregator: 'max',
      },
      ['path'],
    );
    events.on((event) => this.hear(event), HEARD);
  }

  /** Makes the series of a route exist from the start. */
  prepare(path: string): void {
    for (const reason of REFUSALS) this.refused.inc({ path, reason }, 0);
    this.retries.inc({ path }, 0);
    for (const reason of ['open', 'error']) this.degraded.inc({ path, reason }, 0);
    for (const cause of ['client_closed', 'deadline']) this.aborted.inc({ path, cause }, 0);
    this.late.inc({ path }, 0);
    this.breaker.set({ path }, 0);
  }

  private hear(event: Heard): void {
    const { route: path } = event;
    switch (event.type) {
      case 'admission.left':
        return event.cause === 'queue_timeout' ? this.refused.inc({ path, reason: 'queue_timeout' }) : undefined;
      case 'admission.refused':
        return this.refused.inc({ path, reason: 'overloaded' });
      case 'batch.refused':
        return event.reason === 'overloaded' ? this.refused.inc({ path, reason: 'overloaded' }) : undefined;
      case 'breaker.refused':
        return this.refused.inc({ path, reason: 'breaker_open' });
      case 'breaker.state':
        return this.breaker.set({ path }, BREAKER_STATES.indexOf(event.state));
      case 'retry':
        return this.retries.inc({ path });
      case 'degraded':
        return this.degraded.inc({ path, reason: event.reason });
      case 'aborted':
        return this.aborted.inc({ path, cause: event.cause });
      case 'late_result':
        return this.late.inc({ path });
    }
  }
}
