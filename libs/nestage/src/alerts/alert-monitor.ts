import { randomUUID } from 'node:crypto';
import type { OnApplicationShutdown, OnModuleInit } from '@nestjs/common';
import type { Clock } from '../common/clock.js';
import { RequestContext } from '../core/context/request-context.js';
import type { RequestEvents } from '../core/context/request-events.js';
import type { ErrorReport, ErrorReporter } from '../core/errors/error-reporter.js';
import type { ProviderResolver } from '../core/health/health-check.js';
import type { ProcessGroup } from '../core/processes/process-group.js';
import type { LogWriter } from '../core/log/log-writer.js';
import type { StageEvents } from '../core/pipeline/stage-events.js';
import type { ResourceMonitor } from '../core/resources/resource-usage.js';
import { alertMessage, type TextMask } from './alert-message.js';
import { AlertRouter } from './alert-router.js';
import type { AlertGroup, ResolvedErrorRule } from './alert-rules.js';
import type { ResolvedAlertsOptions } from './alerts.options.js';
import { AnomalyMonitor } from './anomaly/anomaly-monitor.js';
import { WITNESSED_EVENTS } from './anomaly/event-witness.js';
import { ErrorRuleWatch, type Finding } from './error-rule-watch.js';
import type { RecentAlerts } from './recent-alerts.js';
import { type Incident, SharedIncidents } from './shared-incidents.js';

/** @internal */
export interface AlertMonitorInit {
  readonly service: string;
  readonly options: ResolvedAlertsOptions;
  readonly errors: ErrorReporter;
  readonly requests: RequestEvents;
  readonly events: StageEvents;
  readonly resources: ResourceMonitor;
  readonly group: ProcessGroup;
  readonly log: LogWriter;
  readonly resolve: ProviderResolver;
  readonly mask: TextMask;
  readonly recent: RecentAlerts;
  readonly clock: Clock;
}

/**
 * Counts errors, watches signals, and tells the sinks. Whatever it does, it does beside the requests: an error costs a few
 * counts, and sinks are called outside of any request.
 * @internal
 */
export class AlertMonitor implements OnModuleInit, OnApplicationShutdown {
  private readonly rules: readonly ErrorRuleWatch[];
  private readonly houseRules: readonly ErrorRuleWatch[];
  private readonly anomalies: AnomalyMonitor;
  private readonly incidents: SharedIncidents;
  private router: AlertRouter | undefined;
  private stopListening: () => void = () => undefined;

  constructor(private readonly init: AlertMonitorInit) {
    const { options, clock, resources } = init;
    this.incidents = new SharedIncidents(init.group);
    const watchOf = (rule: ResolvedErrorRule): ErrorRuleWatch =>
      new ErrorRuleWatch(rule, clock, (finding) => this.tell(finding, incidentOf(finding, rule.groupBy, rule.cooldownMs)));
    this.rules = options.errorRules.map(watchOf);
    this.houseRules = options.houseRules.map(watchOf);
    this.anomalies = new AnomalyMonitor({
      rules: options.anomalyRules,
      clock,
      listener: (finding) => this.tell(finding, incidentOf(finding, ['handler'], this.anomalyCooldownMs(finding))),
      memoryPercent: () => resources.usage.memory,
    });
  }

  /** @throws whatever a sink throws that can't be made */
  async onModuleInit(): Promise<void> {
    const { options, errors, requests, events, resolve, log, mask, clock } = this.init;
    this.router = await AlertRouter.open({ sinks: options.sinks, route: options.route, resolve, log, mask, clock });
    errors.observe((report) => this.observe(report));
    if (options.anomalyRules.length === 0) return;
    requests.observe({ finished: (request) => this.anomalies.finished(request) });
    this.stopListening = events.on((event) => this.anomalies.happened(event), WITNESSED_EVENTS);
    this.anomalies.start();
  }

  /** What waits is sent within `drainMs`; runs before the log is closed. */
  async onApplicationShutdown(): Promise<void> {
    const { router } = this;
    this.router = undefined;
    this.stopListening();
    this.anomalies.stop();
    for (const watch of [...this.rules, ...this.houseRules]) watch.stop();
    await router?.stop(this.init.options.drainMs);
  }

  private observe({ code, tier, thrown, context }: ErrorReport): void {
    if (!this.router) return;
    const error = {
      code,
      tier,
      handler: context instanceof RequestContext ? context.handlerName || undefined : undefined,
      path: context?.path || undefined,
      logId: context?.logId,
      describe: () => alertMessage(thrown, this.init.mask),
    };
    const own = this.rules.filter((rule) => rule.matches(error));
    const watches = own.length > 0 ? own : this.houseRules.filter((rule) => rule.matches(error));
    for (const watch of watches) watch.record(error);
  }

  private tell(finding: Finding, incident: Incident): void {
    const { router, incidents } = this;
    const send = (): void => {
      if (!router) return;
      const alert = { id: randomUUID(), service: this.init.service, ...finding };
      this.init.recent.add(alert);
      router.send(alert);
    };
    if (incidents.isShared) void incidents.isOurs(incident).then((isOurs) => isOurs && send());
    else send();
  }

  private anomalyCooldownMs({ rule }: Finding): number {
    return this.init.options.anomalyRules.find(({ name }) => name === rule)?.cooldownMs ?? 0;
  }
}

function incidentOf(finding: Finding, groupBy: readonly AlertGroup[], cooldownMs: number): Incident {
  return { key: [finding.rule, ...groupBy.map((by) => finding[by] ?? '')].join(' '), state: finding.state, cooldownMs };
}
