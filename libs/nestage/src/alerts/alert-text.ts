import type { Alert, AnomalyFigures } from './alert.js';

/** One line that a pager's screen has room for: `[L3] summaries: 12 errors in 60 s (SummaryHandler, model_timeout)`. @internal */
export function alertTitle(alert: Alert): string {
  const mark = alert.state === 'recovered' ? `recovered, ${alert.tier}` : alert.tier;
  return `[${mark}] ${alert.service}: ${alert.anomaly ? anomalyTitle(alert, alert.anomaly) : errorsTitle(alert)}`;
}

/** The rest of the story, one fact a line, without markup. @internal */
export function alertLines(alert: Alert): string[] {
  const { breakdown, changes, folded, logIds, message } = alert;
  return [
    `rule: ${alert.rule}`,
    ...(breakdown.length > 1 ? [`errors: ${breakdown.map((each) => `${each.code} ${each.handler ?? '-'} ${each.count}`).join(', ')}`] : []),
    ...(message ? [`message: ${message}`] : []),
    ...changes.map((change) => `changed: ${change}`),
    `${alert.state === 'recovered' ? 'from' : 'first'}: ${alert.firstAt}, last: ${alert.lastAt}`,
    ...(folded > 0 ? [`folded: ${folded} more since the previous alert`] : []),
    ...(logIds.length > 0 ? [`log ids: ${logIds.join(', ')}`] : []),
  ];
}

function errorsTitle({ state, count, withinMs, code, handler }: Alert): string {
  const where = [handler, code].filter(Boolean).join(', ');
  const errors = `${count} ${count === 1 ? 'error' : 'errors'} in ${withinMs / 1000} s`;
  return `${state === 'recovered' ? `now ${errors}` : errors}${where && ` (${where})`}`;
}

function anomalyTitle({ state, handler }: Alert, { signal, observed, expected, sigma }: AnomalyFigures): string {
  const show = (value: number): string => (signal === 'latency' ? `${rounded(value)} ms` : `${rounded(value * 100)} %`);
  const what = `${signal === 'latency' ? 'latency' : 'error rate'} of ${handler}`;
  if (state === 'recovered') return `${what} is back at ${show(observed)}`;
  return `${what} is ${show(observed)} instead of ${show(expected)} (${rounded(sigma)} sigma)`;
}

/** Three digits that count. */
export function rounded(value: number): string {
  return String(Number(value.toPrecision(3)));
}
