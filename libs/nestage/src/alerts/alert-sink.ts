import type { ProviderResolver } from '../core/health/health-check.js';
import type { Alert } from './alert.js';

/** How hard the service tries to hand an alert to one sink. @publicApi */
export interface AlertDeliveryOptions {
  /** Longest time of one attempt; then its signal fires and it counts as failed. @default 5000 */
  readonly timeoutMs?: number;
  /** Further attempts after a failed one. @default 4 */
  readonly retries?: number;
  /** Wait before the first of them; doubles each time, up to a minute. @default 1000 */
  readonly retryDelayMs?: number;
  /** Alerts that wait while one is sent. When full, the oldest of the lowest tier is dropped and counted. @default 100 */
  readonly maxQueued?: number;
}

/**
 * Somewhere alerts go. Called for one alert after the other, never within a request.
 *
 * @example
 * ```ts
 * const pager: AlertSink = { name: 'pager', send: (alert, signal) => pagerClient.trigger(alert.message, { signal }) };
 * ```
 * @publicApi
 */
export interface AlertSink {
  /** Name in the log, when it fails. */
  readonly name: string;
  readonly delivery?: AlertDeliveryOptions;
  /**
   * Resolves when the alert has arrived; a rejection is tried again.
   * @param signal fires when the attempt has taken too long
   */
  send(alert: Alert, signal: AbortSignal): Promise<void> | void;
}

/** Makes a sink when the app's providers exist: options are written before that. @publicApi */
export interface AlertSinkFactory {
  readonly name: string;
  /** Called once at start; a rejection is a fault of the app as it is written. */
  readonly create: (resolve: ProviderResolver) => AlertSink | Promise<AlertSink>;
}

/** What stands in `alerts.sinks` and `alerts.route`. @publicApi */
export type AlertSinkSource = AlertSink | AlertSinkFactory;
