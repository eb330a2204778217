import { integer, oneOf, object, type OptionCheck, OptionError, checkOptions, typed } from '../common/option-checks.js';
import { minutes } from '../common/duration.js';
import { ERROR_CATALOGUE, type ErrorCode, type ErrorTier } from '../core/errors/error-catalogue.js';
import { ANOMALY_SIGNALS, type AnomalySignal } from './alert.js';

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

/** @internal */
export type ResolvedErrorRule = Readonly<Required<Omit<ErrorRule, 'code' | 'handler'>> & Pick<ErrorRule, 'code' | 'handler'>>;

/** @internal */
export type ResolvedAnomalyRule = Readonly<Required<Omit<AnomalyRule, 'handler'>> & Pick<AnomalyRule, 'handler'>>;

/** Tiers in the order of their weight. @internal */
export const TIERS = ['L1', 'L2', 'L3', 'L4'] as const;

const above = (bound: number): OptionCheck => ({
  describe: `a number > ${bound}`,
  accepts: (value) => typeof value === 'number' && Number.isFinite(value) && value > bound,
});

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

/** @internal */
export function isAnomalyRule(rule: AlertRule): rule is AnomalyRule {
  return 'anomaly' in rule;
}

/** @param name such as `alerts.rules[0]` @throws OptionError @internal */
export function checkRule(rule: AlertRule, name: string, place: string): void {
  checkOptions({ [name]: rule ?? null }, { [name]: object }, place);
  checkOptions(rule, isAnomalyRule(rule) ? ANOMALY_RULE_CHECKS : ERROR_RULE_CHECKS, place, `${name}.`);
  if (isAnomalyRule(rule)) {
    if (rule.anomaly === 'latency') checkOptions({ minChange: rule.minChange }, { minChange: above(1) }, place, `${name}.`);
    return;
  }
  const tier = tierOf(rule);
  if (rule.code && ERROR_CATALOGUE[rule.code].tier !== tier) {
    throw new OptionError(
      `"${name}" never fires: errors of the code "${rule.code}" are ${ERROR_CATALOGUE[rule.code].tier} (set it in ${place}).`,
    );
  }
  if (tier === 'L4' && (rule.count ?? 1) !== 1) {
    throw new OptionError(`"${name}.count" must be 1, got ${rule.count}: L4 is told at once (set it in ${place}).`);
  }
}

const tierOf = ({ tier, code }: ErrorRule): ErrorTier => tier ?? (code ? ERROR_CATALOGUE[code].tier : 'L3');

/** Fills the defaults. @internal */
export function resolveErrorRule(rule: ErrorRule): ResolvedErrorRule {
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

/** Fills the defaults. @internal */
export function resolveAnomalyRule(rule: AnomalyRule): ResolvedAnomalyRule {
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
