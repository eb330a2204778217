import type { Provider } from '@nestjs/common';
import { ModuleRef } from '@nestjs/core';
import { systemClock } from '../common/clock.js';
import { RequestEvents } from '../core/context/request-events.js';
import { ErrorReporter } from '../core/errors/error-reporter.js';
import { LogWriter } from '../core/log/log-writer.js';
import { ProcessGroup } from '../core/processes/process-group.js';
import { OptionClaims } from '../core/options/option-claims.js';
import { RESOLVED_OPTIONS, type ResolvedWebServiceOptions } from '../core/options/web-service.options.js';
import { StageEvents } from '../core/pipeline/stage-events.js';
import { ResourceMonitor } from '../core/resources/resource-usage.js';
import type { TextMask } from './alert-message.js';
import { AlertMonitor } from './alert-monitor.js';
import { ALERTS_CHECK, resolveAlertsOptions } from './alerts.options.js';
import { RecentAlerts } from './recent-alerts.js';

/**
 * The room of alerts.
 * @param mask masks secrets in a text, as the log does
 * @internal
 */
export const alertsProviders = (mask: TextMask): readonly Provider[] => [
  { provide: RecentAlerts, useFactory: () => new RecentAlerts(systemClock) },
  {
    provide: AlertMonitor,
    inject: [
      RESOLVED_OPTIONS,
      OptionClaims,
      ErrorReporter,
      RequestEvents,
      StageEvents,
      ResourceMonitor,
      ProcessGroup,
      LogWriter,
      ModuleRef,
      RecentAlerts,
    ],
    // The parameters are those named by `inject`.
    useFactory: (
      { alerts, service }: ResolvedWebServiceOptions,
      claims: OptionClaims,
      errors: ErrorReporter,
      requests: RequestEvents,
      events: StageEvents,
      resources: ResourceMonitor,
      group: ProcessGroup,
      log: LogWriter,
      moduleRef: ModuleRef,
      recent: RecentAlerts,
    ): AlertMonitor | undefined => {
      claims.claim({ service: { alerts: ALERTS_CHECK } });
      if (!alerts) return undefined;
      const options = resolveAlertsOptions(alerts);
      const init = { service, options, errors, requests, events, resources, group, log, mask, recent, clock: systemClock };
      return new AlertMonitor({ ...init, resolve: async (type) => moduleRef.resolve(type, undefined, { strict: false }) });
    },
  },
];
