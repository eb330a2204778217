import { type Clock, systemClock } from '../../common/clock.js';
import { hours, minutes, seconds } from '../../common/duration.js';
import type { ErrorCode, ErrorTier } from '../../core/errors/error-catalogue.js';
import type { ErrorReport, ErrorReporter } from '../../core/errors/error-reporter.js';
import { SliceRing } from './slice-ring.js';

/** Which errors are meant; what is left out may be anything. @publicApi */
export interface ErrorFilter {
  readonly tier?: ErrorTier;
  readonly code?: ErrorCode;
  /** Name of the handler; `other` stands for errors outside of handlers. */
  readonly handler?: string;
}

/** Errors of one period, counted three ways. @publicApi */
export interface ErrorCounts {
  readonly total: number;
  readonly byTier: Partial<Record<ErrorTier, number>>;
  readonly byCode: Partial<Record<ErrorCode, number>>;
  readonly byHandler: Record<string, number>;
}

/** @publicApi */
export const ERROR_PERIODS = ['lastMinute', 'lastHour', 'lastDay'] as const;

/** @see ERROR_PERIODS @publicApi */
export type ErrorPeriod = (typeof ERROR_PERIODS)[number];

/** @internal */
export interface ErrorMonitorInit {
  readonly reporter: ErrorReporter;
  /** Name of the handler that a path belongs to. */
  readonly handlerOf: (report: ErrorReport) => string | undefined;
  readonly clock?: Clock;
}

/** Handlers kept apart; more can only come from names made at run time. */
const MAX_HANDLERS = 256;
const OTHER = 'other';

/** Counts by tier, code and handler, of one slice of time. */
type Tally = Map<string, { readonly tier: ErrorTier; readonly code: ErrorCode; readonly handler: string; count: number }>;

/**
 * Counts every reported error by tier, code and handler in sliding windows: the last minute by seconds, the last hour by minutes, the
 * last day by half hours, so that a figure is off by at most one such slice. Memory is bounded by the number of handlers.
 *
 * @example
 * ```ts
 * errors.count(minutes(1), { tier: 'L3' });
 * errors.distribution().lastHour.byCode;
 * ```
 * @publicApi
 */
export class ErrorMonitor {
  private readonly rings: Readonly<Record<ErrorPeriod, SliceRing<Tally>>>;
  private readonly handlers = new Set<string>();

  constructor({ reporter, handlerOf, clock = systemClock }: ErrorMonitorInit) {
    this.rings = {
      lastMinute: tallies(seconds(1), 60, clock),
      lastHour: tallies(minutes(1), 60, clock),
      lastDay: tallies(hours(0.5), 48, clock),
    };
    reporter.observe((report) => this.add(report, this.bounded(handlerOf(report) || OTHER)));
  }

  /** How many errors the filter fits, within the last `withinMs`, which may be up to a day. */
  count(withinMs: number, filter: ErrorFilter = {}): number {
    const fits = fitting(filter);
    let sum = 0;
    for (const tally of this.ringFor(withinMs).slices(withinMs)) for (const entry of tally.values()) if (fits(entry)) sum += entry.count;
    return sum;
  }

  /** Everything that was counted, by period. */
  distribution(): Record<ErrorPeriod, ErrorCounts> {
    const [lastMinute, lastHour, lastDay] = ERROR_PERIODS.map((period) => countsOf(this.rings[period]));
    return { lastMinute, lastHour, lastDay };
  }

  private add({ tier, code }: ErrorReport, handler: string): void {
    const key = `${tier} ${code} ${handler}`;
    for (const period of ERROR_PERIODS) {
      const tally = this.rings[period].current();
      const entry = tally.get(key);
      if (entry) entry.count++;
      else tally.set(key, { tier, code, handler, count: 1 });
    }
  }

  private ringFor(withinMs: number): SliceRing<Tally> {
    const { lastMinute, lastHour, lastDay } = this.rings;
    return [lastMinute, lastHour].find(({ windowMs }) => withinMs <= windowMs) ?? lastDay;
  }

  private bounded(handler: string): string {
    if (!this.handlers.has(handler) && this.handlers.size >= MAX_HANDLERS) return OTHER;
    this.handlers.add(handler);
    return handler;
  }
}

function tallies(sliceMs: number, count: number, clock: Clock): SliceRing<Tally> {
  return new SliceRing<Tally>({ sliceMs, count, clock, create: () => new Map(), reset: (tally) => tally.clear() });
}

function fitting(filter: ErrorFilter): (entry: Required<ErrorFilter>) => boolean {
  const wanted = (Object.entries(filter) as [keyof ErrorFilter, string | undefined][]).filter(([, value]) => value !== undefined);
  return (entry) => wanted.every(([key, value]) => entry[key] === value);
}

function countsOf(ring: SliceRing<Tally>): ErrorCounts {
  let total = 0;
  const [byTier, byCode, byHandler] = [new Map<ErrorTier, number>(), new Map<ErrorCode, number>(), new Map<string, number>()];
  for (const tally of ring.slices()) {
    for (const { tier, code, handler, count } of tally.values()) {
      total += count;
      byTier.set(tier, (byTier.get(tier) ?? 0) + count);
      byCode.set(code, (byCode.get(code) ?? 0) + count);
      byHandler.set(handler, (byHandler.get(handler) ?? 0) + count);
    }
  }
  return {
    total,
    byTier: Object.fromEntries(byTier),
    byCode: Object.fromEntries(byCode),
    byHandler: Object.fromEntries(byHandler),
  };
}
