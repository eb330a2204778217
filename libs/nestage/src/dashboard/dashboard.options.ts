import { checkOptions, integer, type OptionCheck, typed } from '../common/option-checks.js';
import { seconds } from '../common/duration.js';
import type { BuiltInRoute } from '../core/options/web-service.options.js';

/** Options of `DashboardModule.forRoot()`. @publicApi */
export interface DashboardOptions {
  /** Path of the page; what it loads stands below it. `false` for no page. @default { path: '/dashboard' } */
  readonly route?: BuiltInRoute;
  /** Pause between two sets of figures that an open page is sent, in milliseconds. @default 1000 */
  readonly intervalMs?: number;
  /** Whether operators may close an open breaker from the page. @default true */
  readonly breakerReset?: boolean;
}

/** The options with every default filled; without `path` there is no page. @internal */
export interface ResolvedDashboardOptions {
  readonly path: string | undefined;
  readonly intervalMs: number;
  readonly breakerReset: boolean;
}

/** DI token of the options as resolved. @internal */
export const RESOLVED_DASHBOARD_OPTIONS = Symbol('nestage:dashboard-options');

const CHECKS: Readonly<Record<keyof DashboardOptions, OptionCheck>> = {
  route: {
    describe: '{ path } with a leading slash and more, or false',
    accepts: (value) => value === false || /^\/[^:*?#/][^:*?#]*$/.test(String((value as { path?: unknown } | null)?.path)),
  },
  intervalMs: integer(100, 60_000),
  breakerReset: typed('boolean'),
};

/** @throws OptionError @internal */
export function resolveDashboardOptions(given: DashboardOptions): ResolvedDashboardOptions {
  checkOptions(given, CHECKS, 'DashboardModule.forRoot()');
  return {
    path: given.route === false ? undefined : (given.route?.path ?? '/dashboard').replace(/\/+$/, ''),
    intervalMs: given.intervalMs ?? seconds(1),
    breakerReset: given.breakerReset ?? true,
  };
}
