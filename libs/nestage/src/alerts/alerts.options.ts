import { array, checkOptions, either, integer, object, oneOf, type OptionCheck, OptionError, typed } from '../common/option-checks.js';
import { minutes, seconds } from '../common/duration.js';
import { ERROR_CATALOGUE, type ErrorCode, type ErrorTier } from '../core/errors/error-catalogue.js';
import { ANOMALY_SIGNALS, type AnomalySignal } from './alert.js';
import type { AlertDeliveryOptions, AlertSinkSource } from './alert-sink.js';
import { logSink } from './log.sink.js';

/** What an error rule may keep separate counts for. @publicApi */
export const ALERT_GROUPS = ['code', 'handler'] as const;

/** @see ALERT_GROUPS @publicApi */
export type AlertGroup = (typeof ALERT_GROUPS)[number];

/** Alerts when `count` errors are met within `withinMs`. @publicApi */
export interface ErrorRule {
  /** Name in alerts. @default made of the rule, such as `L3 x10 in 60 s` */
  readonly name?: string;
  /** Errors of this tier. L4 is told at once: its `count` is 1. @default 'L3', or whatever the tier of `code` is */
  readonly tier?: ErrorTier;
  /** Errors of this code. @default any */
  readonly code?: ErrorCode;
  /** Errors of the handler with this name or path. @default any */
  readonly handler?: string;
  /** @default 10; 1 for L4 */
  readonly count?: number;
  /** Length of the sliding window; it moves in steps of a sixtieth. @default 60 000; 300 000 for L4 */
  readonly withinMs?: number;
  /** Shortest time between two alerts of the rule; errors in between are folded into the next one. @default 300 000 */
  readonly cooldownMs?: number;
  /** Counts, cools down and recovers separately for each code or handler. @default none; both for L4 */
  readonly groupBy?: readonly AlertGroup[];
}

/** Alerts when a signal of a handler leaves its moving baseline upwards. @publicApi */
export interface AnomalyRule {
  readonly anomaly: AnomalySignal;
  /** @default made of the rule, such as `latency 4 sigma` */
  readonly name?: string;
  /** Distance from the baseline, in robust standard deviations of the signal itself. @default 4 */
  readonly sigma?: number;
  /** Smallest change worth a page: a factor for `latency`, an additional share of requests for `errorRate`. @default 1.3; 0.02 */
  readonly minChange?: number;
  /** The handler with this name or path. @default each, by itself */
  readonly handler?: string;
  /** Length of one sample. @default 60 000 */
  readonly intervalMs?: number;
  /** Requests that a sample needs; with fewer it goes on for up to ten intervals, then it is left out. @default 5 */
  readonly minRequests?: number;
  /** @default 1 800 000 */
  readonly cooldownMs?: number;
}

/** @publicApi */
export type AlertRule = ErrorRule | AnomalyRule;

/** Which sinks are told of which tier; a tier without an entry goes to all of `sinks`. @publicApi */
export type AlertRoute = Readonly<Partial<Record<ErrorTier, readonly AlertSinkSource[]>>>;

/** @publicApi */
export interface AlertsOptions {
  /**
   * Errors that no rule here counts are judged by two rules of the house: L4 at once, and ten of the code `internal_error` (thrown by
   * nobody on purpose) within a minute. @default [{ tier: 'L3', count: 10, withinMs: minutes(1), cooldownMs: minutes(5) }]
   */
  readonly rules?: readonly AlertRule[];
  /** @default the log, where `route` names no other */
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
export type ResolvedErrorRule = Readonly<Required<Omit<ErrorRule, 'code' | 'handler'>> & Pick<ErrorRule, 'code' | 'handler'>>;

/** @internal */
export type ResolvedAnomalyRule = Readonly<Required<Omit<AnomalyRule, 'handler'>> & Pick<AnomalyRule, 'handler'>>;

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
const TIERS = ['L1', 'L2', 'L3', 'L4'] as const;

const above = (bound: number): OptionCheck => ({
  describe: `a number > ${bound}`,
  accepts: (value) => typeof value === 'number' && Number.isFinite(value) && value > bound,
});
const source: OptionCheck = {
  describe: 'a sink, such as webhook({ url }), logSink() or { name, send }',
  accepts: (value) => {
    const { name, send, create } = (value ?? {}) as Partial<Record<'name' | 'send' | 'create', unknown>>;
    return typeof name === 'string' && (typeof send === 'function' || typeof create === 'function');
  },
};

const ERROR_RULE_CHECKS: Readonly<Record<string, OptionCheck>> = {
  name: typed('string'),
  tier: oneOf(...TIERS),
  code: oneOf(...Object.keys(ERROR_CATALOGUE)),
  handler: typed('string'),
  count: integer(1, 1_000_000),
  withinMs: integer(1),
  cooldownMs: integer(0),
  groupBy: { describe: `an array of ${ALERT_GROUPS.map((group) => `"${group}"`).join(', ')}`, accepts: isGroups },
};

const ANOMALY_RULE_CHECKS: Readonly<Record<string, OptionCheck>> = {
  anomaly: oneOf(...ANOMALY_SIGNALS),
  name: typed('string'),
  sigma: above(0),
  minChange: above(0),
  handler: typed('string'),
  intervalMs: integer(100),
  minRequests: integer(1),
  cooldownMs: integer(0),
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
  rules.forEach((rule, index) => checkRule(rule, `alerts.rules[${index}]`));
  const route = given.route ?? {};
  checkOptions(route, Object.fromEntries(TIERS.map((tier) => [tier, array])), PLACE, 'alerts.route.');
  given.sinks?.forEach((sink, index) => checkSink(sink, `alerts.sinks[${index}]`));
  for (const [tier, sinks] of Object.entries(route)) sinks?.forEach((sink, index) => checkSink(sink, `alerts.route.${tier}[${index}]`));
  return {
    errorRules: rules.filter((rule) => !isAnomalyRule(rule)).map((rule) => resolveErrorRule(rule)),
    houseRules: [resolveErrorRule({ tier: 'L4' }), resolveErrorRule({ code: 'internal_error' })],
    anomalyRules: rules.filter(isAnomalyRule).map(resolveAnomalyRule),
    sinks: given.sinks ?? (Object.keys(route).length > 0 ? Object.values(route).flat() : [logSink()]),
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

function isAnomalyRule(rule: AlertRule): rule is AnomalyRule {
  return 'anomaly' in rule;
}

function checkRule(rule: AlertRule, name: string): void {
  checkOne(rule, object, name);
  checkOptions(rule, isAnomalyRule(rule) ? ANOMALY_RULE_CHECKS : ERROR_RULE_CHECKS, PLACE, `${name}.`);
  if (isAnomalyRule(rule)) {
    if (rule.anomaly === 'latency' && rule.minChange !== undefined) checkOne(rule.minChange, above(1), `${name}.minChange`);
    return;
  }
  const tier = tierOf(rule);
  if (rule.code && ERROR_CATALOGUE[rule.code].tier !== tier) {
    throw new OptionError(
      `"${name}" never fires: errors of the code "${rule.code}" are ${ERROR_CATALOGUE[rule.code].tier} (set it in ${PLACE}).`,
    );
  }
  if (tier === 'L4' && (rule.count ?? 1) !== 1) {
    throw new OptionError(`"${name}.count" must be 1, got ${rule.count}: L4 is told at once (set it in ${PLACE}).`);
  }
}

function checkSink(sink: AlertSinkSource, name: string): void {
  checkOne(sink, source, name);
  if ('delivery' in sink && sink.delivery !== undefined) checkOptions(sink.delivery, DELIVERY_CHECKS, PLACE, `${name}.delivery.`);
}

function checkOne(value: unknown, check: OptionCheck, name: string): void {
  checkOptions({ [name]: value ?? null }, { [name]: check }, PLACE);
}

const tierOf = ({ tier, code }: ErrorRule): ErrorTier => tier ?? (code ? ERROR_CATALOGUE[code].tier : 'L3');

function resolveErrorRule(rule: ErrorRule): ResolvedErrorRule {
  const tier = tierOf(rule);
  const isFatal = tier === 'L4';
  const count = rule.count ?? (isFatal ? 1 : 10);
  const withinMs = rule.withinMs ?? minutes(isFatal ? 5 : 1);
  const subject = [rule.code ?? tier, rule.handler].filter(Boolean).join(' of ');
  return {
    tier,
    count,
    withinMs,
    code: rule.code,
    handler: rule.handler,
    name: rule.name ?? (isFatal ? `${subject} at once` : `${subject} x${count} in ${withinMs / 1000} s`),
    cooldownMs: rule.cooldownMs ?? minutes(5),
    groupBy: rule.groupBy ?? (isFatal ? ALERT_GROUPS : []),
  };
}

function resolveAnomalyRule(rule: AnomalyRule): ResolvedAnomalyRule {
  const sigma = rule.sigma ?? 4;
  return {
    anomaly: rule.anomaly,
    sigma,
    handler: rule.handler,
    name: rule.name ?? `${rule.anomaly} ${sigma} sigma`,
    minChange: rule.minChange ?? (rule.anomaly === 'latency' ? 1.3 : 0.02),
    intervalMs: rule.intervalMs ?? minutes(1),
    minRequests: rule.minRequests ?? 5,
    cooldownMs: rule.cooldownMs ?? minutes(30),
  };
}

function isGroups(value: unknown): boolean {
  return Array.isArray(value) && value.every((each) => ALERT_GROUPS.includes(each as AlertGroup));
}
