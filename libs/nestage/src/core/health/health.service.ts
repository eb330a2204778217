import { raceAbort } from '../../common/abort.js';
import { type Clock, systemClock } from '../../common/clock.js';
import { seconds } from '../../common/duration.js';
import { StartFaultError } from '../discovery/start-fault.js';
import type { LogWriter } from '../log/log-writer.js';
import { HEALTH_STATUSES, type HealthCheck, type HealthCheckResult, type HealthStatus, worstHealth } from './health-check.js';

/** What is known of one check; the texts are for the log and the authorized only. @publicApi */
export interface HealthCheckReport {
  readonly status: HealthStatus;
  /** How long the answer took, or has been waited for. */
  readonly durationMs: number;
  /** Why it is not healthy. */
  readonly error?: string;
  readonly details?: Readonly<Record<string, unknown>>;
}

/** Verdict on the whole with that on each part by its name. @publicApi */
export interface HealthReport {
  readonly status: HealthStatus;
  readonly checks: Readonly<Record<string, HealthCheckReport>>;
}

/** @internal */
export interface HealthServiceOptions {
  readonly checks?: readonly HealthCheck[];
  /** Longest time one check may take. @default 3000 */
  readonly deadlineMs?: number;
  /** How long a report is given again without asking anew. @default 1000 */
  readonly cacheMs?: number;
  /** @default systemClock */
  readonly clock?: Clock;
  readonly log: LogWriter;
}

/**
 * Asks all parts of the service how they are: in parallel, each within a deadline, at most once per `cacheMs` however many ask.
 * @publicApi
 */
export class HealthService {
  private readonly checks = new Map<string, HealthCheck>();
  private readonly deadlineMs: number;
  private readonly cacheMs: number;
  private readonly clock: Clock;
  private readonly log: LogWriter;
  private readonly lastStatus = new Map<string, HealthStatus>();
  /** When checks were started that have not settled yet. */
  private readonly startedAt = new Map<string, number>();
  private running: Promise<HealthReport> | undefined;
  private cached: { readonly report: HealthReport; readonly until: number } | undefined;

  constructor(options: HealthServiceOptions) {
    this.deadlineMs = options.deadlineMs ?? seconds(3);
    this.cacheMs = options.cacheMs ?? seconds(1);
    this.clock = options.clock ?? systemClock;
    this.log = options.log;
    for (const check of options.checks ?? []) this.add(check);
  }

  /** Verdict of the last report; `healthy` before the first. */
  get status(): HealthStatus {
    return this.cached?.report.status ?? 'healthy';
  }

  /**
   * Joins a check to all further reports.
   * @throws StartFaultError when its name is taken
   */
  add(check: HealthCheck): void {
    if (this.checks.has(check.name)) {
      throw new StartFaultError([
        `Two health checks are named "${check.name}": give one of them another name ` +
          '(checks come from health.checks of WebServiceModule.forRoot() and from handlers and models with a checkHealth method).',
      ]);
    }
    this.checks.set(check.name, check);
    if (this.cached) this.cached = { ...this.cached, until: -Infinity };
  }

  /** The cached report while it is fresh, else a new one. Never rejects. */
  report(): Promise<HealthReport> {
    if (this.running) return this.running;
    if (this.cached && this.clock.elapsed() < this.cached.until) return Promise.resolve(this.cached.report);
    this.running = this.ask().finally(() => (this.running = undefined));
    return this.running;
  }

  private async ask(): Promise<HealthReport> {
    const asked = [...this.checks.values()];
    const reports = await Promise.all(asked.map((check) => this.askOne(check)));
    const status = worstHealth(reports.map(({ status }, index) => effectOnWhole(status, asked[index])));
    const report = { status, checks: Object.fromEntries(asked.map(({ name }, index) => [name, reports[index]])) };
    asked.forEach(({ name }, index) => this.logTransition(name, reports[index]));
    // a check that joined in the meantime is missing here, so this report isn't kept for others
    const isComplete = asked.length === this.checks.size;
    this.cached = { report, until: isComplete ? this.clock.elapsed() + this.cacheMs : -Infinity };
    return report;
  }

  private async askOne(check: HealthCheck): Promise<HealthCheckReport> {
    const abandonedAt = this.startedAt.get(check.name);
    const startedAt = abandonedAt ?? this.clock.elapsed();
    const duration = (): number => Math.round(this.clock.elapsed() - startedAt);
    if (abandonedAt !== undefined) {
      return { status: 'unhealthy', durationMs: duration(), error: `still no answer after ${duration()} ms` };
    }
    try {
      const { status, reason, details } = verdictOf(await this.answerInTime(check));
      return { status, durationMs: duration(), ...(reason && { error: reason }), ...(details && { details }) };
    } catch (thrown) {
      return { status: 'unhealthy', durationMs: duration(), error: reasonOf(thrown) };
    }
  }

  /** Rejects at the deadline; what ignores the signal stays noted as started until it settles. */
  private async answerInTime(check: HealthCheck): Promise<unknown> {
    const deadline = new AbortController();
    const cancel = this.clock.schedule(this.deadlineMs, () => deadline.abort(new Error(`no answer within ${this.deadlineMs} ms`)));
    this.startedAt.set(check.name, this.clock.elapsed());
    const answer = (async () => check.check(deadline.signal))().finally(() => this.startedAt.delete(check.name));
    try {
      return await raceAbort(answer, deadline.signal);
    } finally {
      cancel();
    }
  }

  private logTransition(name: string, { status, error }: HealthCheckReport): void {
    const before = this.lastStatus.get(name);
    this.lastStatus.set(name, status);
    if (status === (before ?? 'healthy')) return;
    const isWorse = before === undefined || worstHealth([before, status]) === status;
    this.log.write(isWorse ? 'WARNING' : 'INFO', `Health of ${name}: ${before ?? 'unknown'} -> ${status}${error ? `: ${error}` : ''}`);
  }
}

function effectOnWhole(status: HealthStatus, check: HealthCheck): HealthStatus {
  return status === 'unhealthy' && check.critical === false ? 'degraded' : status;
}

/** Nothing means healthy; anything that is not a verdict is a defect of the check, and not taken for health. */
function verdictOf(answer: unknown): HealthCheckResult {
  if (answer === undefined || answer === null) return { status: 'healthy' };
  if (HEALTH_STATUSES.includes((answer as HealthCheckResult).status)) return answer as HealthCheckResult;
  return { status: 'unhealthy', reason: 'the check answered neither nothing nor { status }' };
}

/** One line for a report, where describeThrown() tells all. A refused connection is often an AggregateError without a message but with a code. */
function reasonOf(thrown: unknown): string {
  try {
    if (!(thrown instanceof Error)) return `the check threw ${String(thrown)}`;
    return thrown.message || (thrown as NodeJS.ErrnoException).code || thrown.name;
  } catch {
    return 'the check threw something that can not be described'; // a getter or toString that throws
  }
}
