import { type AlertsOptions, resolveAlertsOptions } from './alerts.options.js';
import { webhook, type WebhookOptions } from './webhook.sink.js';

const sink = { name: 'mine', send: () => undefined };

describe('options of alerts', () => {
  it('have defaults for each field by itself', () => {
    const { errorRules, houseRules, sinks, drainMs } = resolveAlertsOptions({});
    const shared = { code: undefined, handler: undefined, cooldownMs: 300_000 };
    expect(errorRules).toEqual([{ ...shared, tier: 'L3', count: 10, withinMs: 60_000, groupBy: [], name: 'L3 x10 in 60 s' }]);
    expect(houseRules).toMatchObject([
      { tier: 'L4', count: 1, withinMs: 300_000, groupBy: ['code', 'handler'], name: 'L4 at once' },
      { tier: 'L3', code: 'internal_error', count: 10, name: 'internal_error x10 in 60 s' },
    ]);
    expect(sinks.map(({ name }) => name)).toEqual(['log']);
    expect(drainMs).toBe(3000);
    expect(resolveAlertsOptions({ rules: [{ count: 2, handler: 'A' }] }).errorRules[0]).toMatchObject({
      withinMs: 60_000,
      name: 'L3 of A x2 in 60 s',
    });
  });

  it('have defaults for anomalies', () => {
    const { anomalyRules, errorRules } = resolveAlertsOptions({ rules: [{ anomaly: 'latency' }, { anomaly: 'errorRate', sigma: 6 }] });
    expect(errorRules).toEqual([]);
    expect(anomalyRules).toMatchObject([
      { sigma: 4, minChange: 1.3, intervalMs: 60_000, minRequests: 5, cooldownMs: 1_800_000, name: 'latency 4 sigma' },
      { sigma: 6, minChange: 0.02, name: 'errorRate 6 sigma' },
    ]);
  });

  it('leave tiers that the route does not name to the log', () => {
    expect(resolveAlertsOptions({ route: { L4: [sink] } }).sinks.map(({ name }) => name)).toEqual(['log']);
  });

  it.each<[unknown, string]>([
    [{ rule: [] }, '"alerts.rule" is not an option'],
    [{ rules: {} }, '"alerts.rules" must be an array'],
    [{ rules: [7] }, '"alerts.rules[0]" must be an object, got 7'],
    [{ rules: [null] }, '"alerts.rules[0]" must be an object, got null'],
    [{ rules: [{}, { tier: 'L5' }] }, '"alerts.rules[1].tier" must be one of "L1", "L2", "L3", "L4", got "L5"'],
    [{ rules: [{ code: 'oops' }] }, '"alerts.rules[0].code" must be one of '],
    [{ rules: [{ count: 0 }] }, '"alerts.rules[0].count" must be an integer from 1 to 1000000, got 0'],
    [{ rules: [{ withinMs: '1m' }] }, '"alerts.rules[0].withinMs" must be an integer >= 1, got "1m"'],
    [{ rules: [{ windowMs: 1 }] }, '"alerts.rules[0].windowMs" is not an option'],
    [{ rules: [{ groupBy: ['path'] }] }, '"alerts.rules[0].groupBy" must be an array of "code", "handler"'],
    [{ rules: [{ tier: 'L4', count: 3 }] }, '"alerts.rules[0].count" must be 1, got 3: L4 is told at once'],
    [{ rules: [{ tier: 'L2', code: 'model_error' }] }, '"alerts.rules[0]" never fires: errors of the code "model_error" are L3'],
    [{ rules: [{ anomaly: 'memory' }] }, '"alerts.rules[0].anomaly" must be one of "latency", "errorRate", got "memory"'],
    [{ rules: [{ anomaly: 'latency', sigma: 0 }] }, '"alerts.rules[0].sigma" must be a number > 0, got 0'],
    [{ rules: [{ anomaly: 'latency', minChange: 0.5 }] }, '"alerts.rules[0].minChange" must be a number > 1, got 0.5'],
    [{ rules: [{ anomaly: 'latency', count: 3 }] }, '"alerts.rules[0].count" is not an option'],
    [{ sinks: ['pager'] }, '"alerts.sinks[0]" must be a sink, such as webhook({ url })'],
    [{ sinks: [{ ...sink, delivery: { timeoutMs: 0 } }] }, '"alerts.sinks[0].delivery.timeoutMs" must be an integer >= 1, got 0'],
    [{ route: { L5: [sink] } }, '"alerts.route.L5" is not an option'],
    [{ route: { L3: sink } }, '"alerts.route.L3" must be an array'],
    [{ route: { L3: [sink, {}] } }, '"alerts.route.L3[1]" must be a sink'],
    [{ drainMs: -1 }, '"alerts.drainMs" must be an integer >= 0, got -1'],
  ])('%j: %s', (given, message) => {
    expect(() => resolveAlertsOptions(given as AlertsOptions)).toThrow(message);
    expect(() => resolveAlertsOptions(given as AlertsOptions)).toThrow('in WebServiceModule.forRoot()).');
  });

  it.each<[unknown, string]>([
    [{}, '"url" must be an http or https URL'],
    [{ url: 'ftp://example.com' }, '"url" must be an http or https URL'],
    [{ url: 'https://user:pass@example.com/x' }, 'without a login (give it by headers), got "***"'],
    [{ url: 'https://example.com', template: 'teams' }, '"template" must be one of "slack", "dingtalk", "wecom" or a function'],
    [{ url: 'https://example.com', secret: '' }, '"secret" must be a string'],
    [{ url: 'https://example.com', retries: -1 }, '"retries" must be an integer >= 0, got -1'],
    [{ url: 'https://example.com', timeout: 1 }, '"timeout" is not an option'],
  ])('webhook(%j): %s', (given, message) => {
    expect(() => webhook(given as WebhookOptions)).toThrow(message);
  });

  it('name a webhook without what is secret in its address', () => {
    expect(webhook({ url: 'https://hooks.example.com/services/T0/B0/xyz?key=1' }).name).toBe('webhook (https://hooks.example.com/***)');
  });
});
