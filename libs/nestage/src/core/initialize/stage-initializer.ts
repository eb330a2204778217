import type { Clock } from '../../common/clock.js';
import { delay } from '../../common/abort.js';
import type { ErrorReporter } from '../errors/error-reporter.js';
import type { LogWriter } from '../log/log-writer.js';
import type { StageUnit } from './stage-unit.js';

/** @internal */
export interface StageInitializerInit {
  readonly units: readonly StageUnit[];
  readonly log: LogWriter;
  readonly errors: ErrorReporter;
  readonly clock: Clock;
  /** Whether a failed unit is tried again. */
  readonly isRetrying: boolean;
  /** Wait before the n-th new attempt of a unit, n from 1. @default 1 s, doubled each time, at most 60 s */
  readonly retryDelayMs?: (attempt: number) => number;
}

/** Seconds of Retry-After for a route that is still initializing. @internal */
export const NOT_READY_RETRY_AFTER_SECONDS = 1;

/**
 * Runs `initialize` and `warmup` of every unit once: models first, then handlers, independent ones in parallel.
 * @internal
 */
export class StageInitializer {
  private readonly stopping = new AbortController();
  private readonly waiters: { readonly isMet: () => boolean; readonly resolve: () => void }[] = [];
  private readonly scheduled = new Map<StageUnit, Promise<void>>();
  private started: Promise<void> | undefined;

  constructor(private readonly init: StageInitializerInit) {}

  /**
   * Resolves when every unit is ready or, when failed ones are tried again, has had its first attempt.
   * Rejects with the first failure otherwise.
   */
  start(): Promise<void> {
    this.started ??= this.initializeAll();
    return this.started;
  }

  /** No further attempts; `warmup` signals fire. Disposes what was begun, handlers before the models they need. */
  async stop(): Promise<void> {
    this.stopping.abort(new Error('The service is shutting down'));
    for (const kind of ['handler', 'model'] as const) {
      await Promise.all(this.init.units.filter((unit) => unit.kind === kind).map((unit) => this.dispose(unit)));
    }
  }

  private async initializeAll(): Promise<void> {
    const { units, log, clock, isRetrying } = this.init;
    const startedAt = clock.elapsed();
    const models = units.filter(({ kind }) => kind === 'model');
    for (const model of models) this.schedule(model);
    await this.until(() => models.every(isTried));
    const all = Promise.all(units.map((unit) => this.schedule(unit))).then(() => {
      log.write('INFO', `Initialize config success, cost ${inSeconds(clock.elapsed() - startedAt)}`);
    });
    if (!isRetrying) return all;
    all.catch(() => undefined); // only shutdown ends the attempts, and it needs no word
    return this.until(() => units.every(isTried));
  }

  /** Starts a unit as soon as those that it needs are ready; each once, however many need it. */
  private schedule(unit: StageUnit): Promise<void> {
    const known = this.scheduled.get(unit);
    if (known) return known;
    const work = Promise.all(unit.needs.map((need) => this.schedule(need))).then(
      () => this.initialize(unit),
      (error: unknown) => {
        this.fail(unit, error);
        throw error;
      },
    );
    work.catch(() => undefined); // met again in initializeAll; here it must only not count as unhandled
    this.scheduled.set(unit, work);
    return work;
  }

  private async initialize(unit: StageUnit): Promise<void> {
    const { errors, isRetrying, retryDelayMs = defaultRetryDelayMs } = this.init;
    for (let attempt = 1; ; attempt++) {
      try {
        await this.attempt(unit);
        return this.tellWaiters();
      } catch (error) {
        errors.report(error, 'initialize');
        this.fail(unit, error);
        if (!isRetrying || this.stopping.signal.aborted) throw error;
        await delay(retryDelayMs(attempt), this.stopping.signal);
      }
    }
  }

  private async attempt(unit: StageUnit): Promise<void> {
    const { clock, log } = this.init;
    const startedAt = clock.elapsed();
    unit.state = 'initializing';
    await unit.instance?.initialize?.();
    await unit.instance?.warmup?.(this.stopping.signal);
    unit.state = 'ready';
    unit.error = undefined;
    log.write('INFO', `Initialized ${unit.kind} ${unit.name}, cost ${inSeconds(clock.elapsed() - startedAt)}`);
  }

  private fail(unit: StageUnit, error: unknown): void {
    unit.state = 'failed';
    unit.error = error;
    this.tellWaiters();
  }

  private until(isMet: () => boolean): Promise<void> {
    return isMet() ? Promise.resolve() : new Promise((resolve) => this.waiters.push({ isMet, resolve }));
  }

  private tellWaiters(): void {
    for (const { isMet, resolve } of this.waiters) if (isMet()) resolve();
  }

  private async dispose(unit: StageUnit): Promise<void> {
    if (unit.state === 'waiting') return;
    try {
      await unit.instance?.dispose?.();
    } catch (error) {
      this.init.log.write('WARNING', `Failed to dispose ${unit.name}: ${(error as Error | undefined)?.message ?? String(error)}`);
    }
  }
}

/** Ready, or known not to become so before something is tried again. */
const isTried = (unit: StageUnit): boolean => unit.state === 'ready' || isBlocked(unit);

const isBlocked = (unit: StageUnit): boolean => unit.state === 'failed' || unit.needs.some(isBlocked);

const defaultRetryDelayMs = (attempt: number): number => Math.min(60_000, 1000 * 2 ** (attempt - 1));

const inSeconds = (milliseconds: number): string => `${(milliseconds / 1000).toFixed(1)}s`;
