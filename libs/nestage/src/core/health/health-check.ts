import type { Type } from '@nestjs/common';

/** Verdicts, from the best to the worst. @publicApi */
export const HEALTH_STATUSES = ['healthy', 'degraded', 'unhealthy'] as const;

/** Verdict on the whole service or a part of it. @publicApi */
export type HealthStatus = (typeof HEALTH_STATUSES)[number];

/** What a check may add to its verdict; shown to the authorized only. @publicApi */
export interface HealthCheckResult {
  readonly status: HealthStatus;
  /** Why it is not healthy, in one line. */
  readonly reason?: string;
  readonly details?: Readonly<Record<string, unknown>>;
}

/** One part of the service that can be asked how it is. @publicApi */
export interface HealthCheck {
  /** Unique among all checks, such as `redis`. */
  readonly name: string;
  /** `false`: the service works without this part, so that its failure makes the whole degraded, not unhealthy. @default true */
  readonly critical?: boolean;
  /**
   * Resolves to a verdict, or to nothing for "healthy"; a rejection is "unhealthy".
   * @param signal fires when the answer comes too late to be used
   */
  readonly check: (signal: AbortSignal) => HealthCheckResult | void | Promise<HealthCheckResult | void>;
}

/** Gives the one provider of a class, wherever in the app it is provided, or a new one if its scope is transient. @publicApi */
export type ProviderResolver = <T>(type: Type<T>) => Promise<T>;

/** Makes a check when the app's providers exist: options are written before that. @publicApi */
export interface HealthCheckFactory {
  /** Name of the check it makes. */
  readonly name: string;
  /** Called once at start; a rejection is a fault of the app as it is written. */
  readonly create: (resolve: ProviderResolver) => HealthCheck | Promise<HealthCheck>;
}

/** What stands in `health.checks` of `WebServiceModule.forRoot()`. @publicApi */
export type HealthCheckSource = HealthCheck | HealthCheckFactory;

/** The check that a source stands for. @internal */
export async function createHealthCheck(source: HealthCheckSource, resolve: ProviderResolver): Promise<HealthCheck> {
  return 'create' in source ? source.create(resolve) : source;
}

/** The worst of several verdicts; `healthy` where there are none. @internal */
export function worstHealth(statuses: Iterable<HealthStatus>): HealthStatus {
  const severity = Math.max(0, ...Array.from(statuses, (status) => HEALTH_STATUSES.indexOf(status)));
  return HEALTH_STATUSES[severity];
}
