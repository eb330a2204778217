import { delay, raceAbort } from '../../common/abort.js';
import type { Clock } from '../../common/clock.js';
import { seconds } from '../../common/duration.js';
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

/** How long `dispose` waits for an `initialize` that is still running when the service stops. */
const ATTEMPT_END_MS = seconds(1);

/**
 * Runs `initialize` and `warmup` of every unit once: models first, then handlers, independent ones in parallel.
 * @internal
 */
export class StageInitializer {
  private readonly stopping = new AbortController();
  private readonly scheduled = new Map<StageUnit, Promise<void>>();
  private readonly running = new Map<StageUnit, Promise<void>>();
  private readonly tried = new Set<StageUnit>();
  private waiters: { readonly isMet: () => boolean; readonly resolve: () => void }[] = [];
  private started: Promise<void> | undefined;
  private stopped: Promise<void> | undefined;

  constructor(private readonly init: StageInitializerInit) {}

  /**
   * Resolves when every unit is ready or, when failed ones are tried again, has had its first attempt.
   * Rejects with the first failure otherwise, and when the service stops before.
   */
  start(): Promise<void> {
    this.started ??= raceAbort(this.initializeAll(), this.stopping.signal);
    return this.started;
  }

  /** No further attempts; `warmup` signals fire. Disposes what was begun, each once, handlers before the models they need. */
  stop(): Promise<void> {
    this.stopped ??= this.disposeAll();
    return this.stopped;
  }

  private async initializeAll(): Promise<void> {
    const { units, log, clock, isRetrying } = this.init;
    const startedAt = clock.elapsed();
    await this.initializeThose(units.filter(({ kind }) => kind === 'model'));
    const all = Promise.all(units.map((unit) => this.schedule(unit))).then(() => {
      log.write('INFO', `Initialize config success, cost ${inSeconds(clock.elapsed() - startedAt)}`);
    });
    if (!isRetrying) return all;
    all.catch(() => undefined); // only shutdown ends the attempts, and it needs no word
    return this.initializeThose(units);
  }

  private async initializeThose(units: readonly StageUnit[]): Promise<void> {
    const work = units.map((unit) => this.schedule(unit));
    if (this.init.isRetrying) await this.until(() => units.every((unit) => this.isTried(unit)));
    else await Promise.all(work);
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
      this.stopping.signal.throwIfAborted();
      const work = this.attempt(unit);
      this.running.set(unit, work);
      try {
        await work;
        this.tried.add(unit);
        return this.tellWaiters();
      } catch (error) {
        this.fail(unit, error);
        this.stopping.signal.throwIfAborted(); // a consequence of the shutdown, and no fault
        errors.report(error, 'initialize');
        if (!isRetrying) throw error;
        await delay(retryDelayMs(attempt), this.stopping.signal, this.init.clock);
      } finally {
        this.running.delete(unit);
      }
    }
  }

  private async attempt(unit: StageUnit): Promise<void> {
    const { clock, log } = this.init;
    const startedAt = clock.elapsed();
    unit.state = 'initializing';
    for (const part of unit.parts) {
      await part.initialize?.();
      this.stopping.signal.throwIfAborted();
    }
    await unit.instance?.warmup?.(this.stopping.signal);
    unit.state = 'ready';
    unit.error = undefined;
    if (unit.isIdle) log.write('INFO', `Left ${unit.kind} ${unit.name} to other processes`);
    else log.write('INFO', `Initialized ${unit.kind} ${unit.name}, cost ${inSeconds(clock.elapsed() - startedAt)}`);
  }

  private fail(unit: StageUnit, error: unknown): void {
    unit.state = 'failed';
    unit.error = error;
    this.tried.add(unit);
    this.tellWaiters();
  }

  /** Has had its first attempt, or can't have it before something that it needs is tried again. */
  private isTried(unit: StageUnit): boolean {
    return this.tried.has(unit) || unit.needs.some((need) => !need.isReady && this.isTried(need));
  }

  private until(isMet: () => boolean): Promise<void> {
    return isMet() ? Promise.resolve() : new Promise((resolve) => this.waiters.push({ isMet, resolve }));
  }

  private tellWaiters(): void {
    const met = this.waiters.filter(({ isMet }) => isMet());
    this.waiters = this.waiters.filter((waiter) => !met.includes(waiter));
    for (const { resolve } of met) resolve();
  }

  private async disposeAll(): Promise<void> {
    const { units } = this.init;
    this.stopping.abort(new Error('The service is shutting down'));
    const left = new Set(units);
    while (left.size > 0) {
      const free = [...left].filter((unit) => ![...left].some(({ needs }) => needs.includes(unit)));
      const handlers = free.filter(({ kind }) => kind === 'handler');
      const next = handlers.length > 0 ? handlers : free;
      await Promise.all(next.map((unit) => this.dispose(unit)));
      for (const unit of next) left.delete(unit);
    }
  }

  private async dispose(unit: StageUnit): Promise<void> {
    if (unit.state === 'waiting') return;
    await this.attemptEnded(unit);
    for (const part of [...unit.parts].reverse()) {
      try {
        await part.dispose?.();
      } catch (error) {
        this.init.log.write('WARNING', `Failed to dispose ${unit.name}: ${(error as Error | undefined)?.message ?? String(error)}`);
      }
    }
  }

  /** What `initialize` opens after `dispose` would stay open, so a running one is given a moment to end. */
  private async attemptEnded(unit: StageUnit): Promise<void> {
    const work = this.running.get(unit);
    if (!work) return;
    await new Promise<void>((resolve) => {
      const cancel = this.init.clock.schedule(ATTEMPT_END_MS, resolve);
      const end = (): void => {
        cancel();
        resolve();
      };
      work.then(end, end);
    });
  }
}

const defaultRetryDelayMs = (attempt: number): number => Math.min(60_000, 1000 * 2 ** (attempt - 1));

const inSeconds = (milliseconds: number): string => `${(milliseconds / 1000).toFixed(1)}s`;
