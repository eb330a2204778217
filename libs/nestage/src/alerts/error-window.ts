import type { Clock } from '../common/clock.js';
import type { ErrorCode } from '../core/errors/error-catalogue.js';

/** One error as the rules count it. @internal */
export interface CountedError {
  readonly code: ErrorCode;
  /** Name of the handler, if any. */
  readonly handler: string | undefined;
  readonly path: string | undefined;
  readonly logId: string | undefined;
  /** Its message, made only when it is kept. */
  readonly describe: () => string;
}

/** What a window holds. @internal */
export interface WindowSummary {
  readonly count: number;
  readonly firstAt: number;
  readonly lastAt: number;
  readonly breakdown: readonly { readonly code: ErrorCode; readonly handler: string | undefined; readonly count: number }[];
  readonly logIds: readonly string[];
  readonly message: string;
}

interface Kind {
  readonly code: ErrorCode;
  readonly handler: string | undefined;
  count: number;
}

interface Slice {
  epoch: number;
  count: number;
  firstAt: number;
  lastAt: number;
  readonly kinds: Map<string, Kind>;
  logIds: string[];
  message: string;
}

const SLICES = 60;
const MAX_LOG_IDS = 5;
const MAX_KINDS = 10;

/**
 * Errors of the last `withinMs`, in slices of a sixtieth of it, so that memory is bounded whatever their number. An error is forgotten
 * between 59/60 of the window and its end.
 * @internal
 */
export class ErrorWindow {
  private readonly slices: (Slice | undefined)[] = [];

  constructor(
    readonly withinMs: number,
    private readonly clock: Clock,
  ) {}

  add({ code, handler, logId, describe }: CountedError): void {
    const slice = this.current();
    const now = this.clock.now();
    if (slice.count === 0) {
      slice.firstAt = now;
      slice.message = describe();
    }
    slice.count += 1;
    slice.lastAt = now;
    const key = `${code} ${handler ?? ''}`;
    const kind = slice.kinds.get(key);
    if (kind) kind.count += 1;
    else if (slice.kinds.size < MAX_KINDS) slice.kinds.set(key, { code, handler, count: 1 });
    if (logId !== undefined && slice.logIds.length < MAX_LOG_IDS) slice.logIds.push(logId);
  }

  get count(): number {
    const epoch = this.epoch();
    return this.slices.reduce((sum, slice) => (slice && slice.epoch > epoch - SLICES ? sum + slice.count : sum), 0);
  }

  summary(): WindowSummary {
    const epoch = this.epoch();
    const slices = this.slices.filter((slice) => slice !== undefined && slice.epoch > epoch - SLICES) as Slice[];
    slices.sort((a, b) => a.epoch - b.epoch);
    return {
      count: slices.reduce((sum, { count }) => sum + count, 0),
      firstAt: slices[0]?.firstAt ?? this.clock.now(),
      lastAt: slices.at(-1)?.lastAt ?? this.clock.now(),
      breakdown: totals(slices),
      logIds: slices.flatMap(({ logIds }) => logIds).slice(0, MAX_LOG_IDS),
      message: slices[0]?.message ?? '',
    };
  }

  private current(): Slice {
    const epoch = this.epoch();
    const index = epoch % SLICES;
    const slice = this.slices[index];
    if (slice?.epoch === epoch) return slice;
    const fresh: Slice = { epoch, count: 0, firstAt: 0, lastAt: 0, kinds: new Map(), logIds: [], message: '' };
    this.slices[index] = fresh;
    return fresh;
  }

  private epoch(): number {
    return Math.floor((this.clock.elapsed() * SLICES) / this.withinMs);
  }
}

function totals(slices: readonly Slice[]): WindowSummary['breakdown'] {
  const all = new Map<string, Kind>();
  for (const [key, { code, handler, count }] of slices.flatMap(({ kinds }) => [...kinds])) {
    all.set(key, { code, handler, count: count + (all.get(key)?.count ?? 0) });
  }
  return [...all.values()].sort((a, b) => b.count - a.count).slice(0, MAX_KINDS);
}
