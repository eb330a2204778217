import type { Type } from '@nestjs/common';
import type { HealthIndicatorResult, HealthIndicatorStatus } from '@nestjs/terminus';
import { type HealthCheckFactory, type HealthCheckResult, type HealthStatus, worstHealth } from '../core/health/health-check.js';
import { StartFaultError } from '../core/discovery/start-fault.js';

/** @publicApi */
export interface TerminusCheckOptions {
  /** `false`: the service works without this part, so that its failure makes the whole degraded, not unhealthy. @default true */
  readonly critical?: boolean;
}

/**
 * Adds a terminus indicator (a database, Redis, a disk, memory) to `/health` in one line. It runs within our deadline and cache and
 * only its transitions are logged; addresses and other details are shown to the authorized only.
 *
 * The indicator must be provided somewhere in the app: import `TerminusModule.forRoot({ logger: false })` of `@nestjs/terminus` in
 * the app's module for terminus' own indicators, and list an indicator of yours under `providers`.
 *
 * @param name unique among all health checks
 * @param indicator class of the indicator
 * @param ask asks the indicator; the signal fires when the answer comes too late to be used
 * @example
 * WebServiceModule.forRoot({
 *   health: {
 *     checks: [
 *       terminusCheck('disk', DiskHealthIndicator, (disk) => disk.checkStorage('disk', { path: '/', thresholdPercent: 0.9 })),
 *       terminusCheck('database', TypeOrmHealthIndicator, (database) => database.pingCheck('database'), { critical: false }),
 *     ],
 *   },
 * })
 * @publicApi
 */
export function terminusCheck<Indicator>(
  name: string,
  indicator: Type<Indicator>,
  ask: (indicator: Indicator, signal: AbortSignal) => HealthIndicatorResult | PromiseLike<HealthIndicatorResult>,
  options: TerminusCheckOptions = {},
): HealthCheckFactory {
  return {
    name,
    async create(resolve) {
      const instance = await resolve(indicator).catch((cause: unknown) => {
        throw new StartFaultError([notProvided(name, indicator, cause)]);
      });
      return { name, critical: options.critical, check: async (signal) => verdictOf(await ask(instance, signal)) };
    },
  };
}

const VERDICTS: Readonly<Record<HealthIndicatorStatus, HealthStatus>> = { up: 'healthy', degraded: 'degraded', down: 'unhealthy' };

/** Several keys in one result give the worst verdict; a key without a known status counts as unhealthy. */
function verdictOf(result: HealthIndicatorResult): HealthCheckResult {
  const parts = Object.entries(result ?? {});
  if (parts.length === 0) return { status: 'unhealthy', reason: 'the indicator gave no result' };
  const verdicts = parts.map(([, part]) => VERDICTS[part?.status] ?? 'unhealthy');
  const reasons = parts.filter((_, index) => verdicts[index] !== 'healthy').map(([key, part]) => reasonOf(key, part));
  return {
    status: worstHealth(verdicts),
    details: parts.length === 1 ? withoutStatus(parts[0][1]) : result,
    ...(reasons.length > 0 && { reason: reasons.join('; ') }),
  };
}

function withoutStatus(part: HealthIndicatorResult[string] | undefined): Record<string, unknown> | undefined {
  const { status: _status, ...data } = part ?? {};
  return Object.keys(data).length > 0 ? data : undefined;
}

function reasonOf(key: string, part: HealthIndicatorResult[string] | undefined): string {
  const message: unknown = part?.message;
  return typeof message === 'string' && message !== '' ? message : `${key} is ${part?.status ?? 'without a status'}`;
}

function notProvided(name: string, indicator: Type, cause: unknown): string {
  const reason = cause instanceof Error ? cause.message : String(cause);
  return (
    `Health check "${name}" needs ${indicator.name}, which can't be resolved (${reason}): import ` +
    "TerminusModule.forRoot({ logger: false }) of @nestjs/terminus in the app's module, or list an indicator of your own under providers."
  );
}
