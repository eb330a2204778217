import { array, checkOptions, either, integer, object, oneOf, type OptionCheck } from '../common/option-checks.js';
import { seconds } from '../common/duration.js';
import type { ErrorTier } from '../core/errors/error-catalogue.js';
import {
  type AlertRule,
  checkRule,
  isAnomalyRule,
  resolveAnomalyRule,
  type ResolvedAnomalyRule,
  type ResolvedErrorRule,
  resolveErrorRule,
  TIERS,
} from './alert-rules.js';
import type { AlertDeliveryOptions, AlertSinkSource } from './alert-sink.js';
import { logSink } from './log.sink.js';

/** Which sinks are told of which tier; a tier without an entry goes to all of `sinks`. @publicApi */
export type AlertRoute = Readonly<Partial<Record<ErrorTier, readonly AlertSinkSource[]>>>;

/** @publicApi */
export interface AlertsOptions {
  /**
   * Errors that no rule here counts are judged by two rules of the house: L4 at once, and ten of the code `internal_error` (thrown by
   * nobody on purpose) within a minute. @default [{ tier: 'L3', count: 10, withinMs: minutes(1), cooldownMs: minutes(5) }]
   */
  readonly rules?: readonly AlertRule[];
  /** Told of every tier that `route` does not name. @default [logSink()] */
  readonly sinks?: readonly AlertSinkSource[];
  readonly route?: AlertRoute;
  /** How long alerts that wait may take at shutdown. @default 3000 */
  readonly drainMs?: number;
}

declare module '../core/options/web-service.options.js' {
  interface WebServiceOptions {
    /** Who is told when requests fail. @default false */
    readonly alerts?: AlertsOptions | false;
  }
}

/** @internal */
export interface ResolvedAlertsOptions {
  readonly errorRules: readonly ResolvedErrorRule[];
  /** Judge what no error rule counts. */
  readonly houseRules: readonly ResolvedErrorRule[];
  readonly anomalyRules: readonly ResolvedAnomalyRule[];
  readonly sinks: readonly AlertSinkSource[];
  readonly route: AlertRoute;
  readonly drainMs: number;
}

/** Rule for the key `alerts` of `forRoot()`. @internal */
export const ALERTS_CHECK: OptionCheck = either(object, oneOf(false));

const PLACE = 'WebServiceModule.forRoot()';

const source: OptionCheck = {
  describe: 'a sink, such as webhook({ url }), logSink() or { name, send }',
  accepts: (value) => {
    const { name, send, create } = (value ?? {}) as Partial<Record<'name' | 'send' | 'create', unknown>>;
    return typeof name === 'string' && (typeof send === 'function' || typeof create === 'function');
  },
};

const DELIVERY_CHECKS: Readonly<Record<keyof AlertDeliveryOptions, OptionCheck>> = {
  timeoutMs: integer(1),
  retries: integer(0),
  retryDelayMs: integer(1),
  maxQueued: integer(1),
};

/** Fills the defaults field by field. @throws OptionError @internal */
export function resolveAlertsOptions(given: AlertsOptions): ResolvedAlertsOptions {
  checkOptions(given, { rules: array, sinks: array, route: object, drainMs: integer(0) }, PLACE, 'alerts.');
  const rules: readonly AlertRule[] = given.rules ?? [{ tier: 'L3' }];
  rules.forEach((rule, index) => checkRule(rule, `alerts.rules[${index}]`, PLACE));
  const route = given.route ?? {};
  checkOptions(route, Object.fromEntries(TIERS.map((tier) => [tier, array])), PLACE, 'alerts.route.');
  given.sinks?.forEach((sink, index) => checkSink(sink, `alerts.sinks[${index}]`));
  for (const [tier, sinks] of Object.entries(route)) sinks?.forEach((sink, index) => checkSink(sink, `alerts.route.${tier}[${index}]`));
  return {
    errorRules: rules.filter((rule) => !isAnomalyRule(rule)).map((rule) => resolveErrorRule(rule)),
    houseRules: [resolveErrorRule({ tier: 'L4' }), resolveErrorRule({ code: 'internal_error' })],
    anomalyRules: rules.filter(isAnomalyRule).map(resolveAnomalyRule),
    sinks: given.sinks ?? [logSink()],
    route,
    drainMs: given.drainMs ?? seconds(3),
  };
}

/** Defaults of a sink's delivery. @throws OptionError @internal */
export function resolveDelivery(given: AlertDeliveryOptions, place: string): Readonly<Required<AlertDeliveryOptions>> {
  checkOptions(given, DELIVERY_CHECKS, place, 'delivery.');
  return {
    timeoutMs: given.timeoutMs ?? seconds(5),
    retries: given.retries ?? 4,
    retryDelayMs: given.retryDelayMs ?? seconds(1),
    maxQueued: given.maxQueued ?? 100,
  };
}

function checkSink(sink: AlertSinkSource, name: string): void {
  checkOptions({ [name]: sink ?? null }, { [name]: source }, PLACE);
  if ('delivery' in sink && sink.delivery !== undefined) checkOptions(sink.delivery, DELIVERY_CHECKS, PLACE, `${name}.delivery.`);
}
