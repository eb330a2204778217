import type { Clock } from '../common/clock.js';
import type { ErrorTier } from '../core/errors/error-catalogue.js';
import type { ProviderResolver } from '../core/health/health-check.js';
import type { LogWriter } from '../core/log/log-writer.js';
import type { Alert } from './alert.js';
import type { TextMask } from './alert-message.js';
import type { AlertSink, AlertSinkSource } from './alert-sink.js';
import { type AlertRoute, resolveDelivery } from './alerts.options.js';
import { SinkQueue } from './sink-queue.js';

/** @internal */
export interface AlertRouterInit {
  readonly sinks: readonly AlertSinkSource[];
  readonly route: AlertRoute;
  readonly resolve: ProviderResolver;
  readonly log: LogWriter;
  readonly mask: TextMask;
  readonly clock: Clock;
}

/** Hands each alert to the sinks of its tier. @internal */
export class AlertRouter {
  private constructor(
    private readonly all: readonly SinkQueue[],
    private readonly byTier: ReadonlyMap<ErrorTier, readonly SinkQueue[]>,
  ) {}

  /** Makes each sink once, whichever tiers it serves. */
  static async open({ sinks, route, resolve, log, mask, clock }: AlertRouterInit): Promise<AlertRouter> {
    const queues = new Map<AlertSinkSource, SinkQueue>();
    const queueOf = async (source: AlertSinkSource): Promise<SinkQueue> => {
      const known = queues.get(source);
      if (known) return known;
      const sink: AlertSink = 'create' in source ? await source.create(resolve) : source;
      const delivery = resolveDelivery(sink.delivery ?? {}, `the alert sink "${sink.name}"`);
      const queue = new SinkQueue({ sink, delivery, log, mask, clock });
      queues.set(source, queue);
      return queue;
    };
    const fallback: SinkQueue[] = [];
    for (const source of new Set(sinks)) fallback.push(await queueOf(source));
    const byTier = new Map<ErrorTier, readonly SinkQueue[]>();
    for (const tier of ['L1', 'L2', 'L3', 'L4'] as const) {
      const own: SinkQueue[] = [];
      for (const source of new Set(route[tier] ?? [])) own.push(await queueOf(source));
      byTier.set(tier, route[tier] ? own : fallback);
    }
    return new AlertRouter([...queues.values()], byTier);
  }

  send(alert: Alert): void {
    for (const queue of this.byTier.get(alert.tier) ?? []) queue.push(alert);
  }

  /** Resolves when all queues are empty, or after `withinMs`. */
  async stop(withinMs: number): Promise<void> {
    await Promise.all(this.all.map((queue) => queue.stop(withinMs)));
  }
}
