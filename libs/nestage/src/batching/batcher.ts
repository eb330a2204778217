import type { Clock } from '../common/clock.js';
import type { RequestAbortedError } from '../core/context/request-aborted.error.js';
import type { RequestContext } from '../core/context/request-context.js';
import type { StageRoute } from '../core/discovery/stage-route.js';
import { ProcessingError, RequestError } from '../core/errors/service-errors.js';
import type { BatchOutcome } from '../core/pipeline/batch-events.js';
import type { StageEvents } from '../core/pipeline/stage-events.js';
import { BatchItem } from './batch-item.js';
import { BatchPlaces } from './batch-places.js';
import type { ResolvedBatchOptions } from './batch.options.js';
import { runIsolated } from './run-isolated.js';

/** @internal */
export interface BatcherInit {
  readonly route: Pick<StageRoute, 'path' | 'name'>;
  readonly options: ResolvedBatchOptions;
  readonly events: StageEvents;
  readonly clock: Clock;
  /** The handler's `runBatch`, given items in the order in which they came. */
  readonly call: (items: readonly BatchItem[]) => Promise<unknown>;
}

/** Weight of the newest batch in the estimate of how long one takes. */
const WEIGHT = 0.3;

/**
 * Gathers the inputs of one route. The window opens with the first input; a full batch leaves at once, any other when its window is over,
 * as soon as fewer than `maxConcurrent` run. First come, first served.
 * @internal
 */
export class Batcher {
  private readonly waiting = new Set<BatchItem>();
  private waitingSize = 0;
  private readonly places: BatchPlaces;
  /** How long a batch takes, as far as is known. */
  private batchMs = 0;
  private window: { readonly head: BatchItem; readonly cancel: () => void } | undefined;

  constructor(private readonly init: BatcherInit) {
    this.places = new BatchPlaces({ count: init.options.maxConcurrent, clock: init.clock, onFree: () => this.pump() });
  }

  /**
   * @returns the result of this input, or a rejection with its error or with the reason why its request was aborted
   * @throws RequestError `overloaded` without a place to wait, `deadline_exceeded` when it would come too late
   */
  add(input: unknown, context: RequestContext): Promise<unknown> {
    const size = this.sizeOf(input);
    this.refuseOverload(size, context);
    this.refuseLate(size, context);
    const item = new BatchItem({ input, context, size, since: this.init.clock.elapsed() });
    this.waiting.add(item);
    this.waitingSize += size;
    const release = context.onAbort((reason) => this.leave(item, reason));
    void item.result.then(release, release);
    this.pump();
    return item.result;
  }

  /** Starts whatever may start now, and sets the window's end for what may not. */
  private pump(): void {
    const { options, clock } = this.init;
    while (!this.places.areAllTaken) {
      const [head] = this.waiting;
      if (!head) break;
      const leftMs = this.waitingSize >= options.maxSize ? 0 : head.since + options.maxWaitMs - clock.elapsed();
      if (leftMs > 0) return this.openWindow(head, leftMs);
      void this.start(this.take());
    }
    this.closeWindow();
  }

  private openWindow(head: BatchItem, leftMs: number): void {
    if (this.window?.head === head) return;
    this.closeWindow();
    const cancel = this.init.clock.schedule(leftMs, () => {
      this.window = undefined;
      this.pump();
    });
    this.window = { head, cancel };
  }

  private closeWindow(): void {
    this.window?.cancel();
    this.window = undefined;
  }

  /** As many as fit, in their order; at least one. */
  private take(): readonly BatchItem[] {
    const batch: BatchItem[] = [];
    let size = 0;
    for (const item of this.waiting) {
      if (batch.length > 0 && size + item.size > this.init.options.maxSize) break;
      batch.push(item);
      size += item.size;
    }
    for (const item of batch) this.remove(item);
    return batch;
  }

  private async start(items: readonly BatchItem[]): Promise<void> {
    const { clock, events, route, options, call } = this.init;
    const startedAt = clock.elapsed();
    for (const { context, since } of items) events.emit({ type: 'batch.waited', route: route.path, context, waitedMs: startedAt - since });
    const release = this.places.take(items);
    try {
      const calls = await runIsolated(items, { call, split: options.split });
      const durationMs = clock.elapsed() - startedAt;
      this.batchMs = this.batchMs === 0 ? durationMs : this.batchMs + WEIGHT * (durationMs - this.batchMs);
      events.emit({ type: 'batch.done', route: route.path, items: items.length, calls, outcome: outcomeOf(items), durationMs });
    } finally {
      release();
    }
  }

  private leave(item: BatchItem, reason: RequestAbortedError): void {
    if (this.waiting.has(item)) {
      const { events, route, clock } = this.init;
      this.remove(item);
      const waitedMs = clock.elapsed() - item.since;
      events.emit({ type: 'batch.left', route: route.path, context: item.context, cause: reason.abortCause, waitedMs });
      this.pump();
    }
    item.reject(reason);
  }

  private remove(item: BatchItem): void {
    this.waiting.delete(item);
    // sizes may be fractions: what their sums lose must not add up
    this.waitingSize = this.waiting.size === 0 ? 0 : this.waitingSize - item.size;
  }

  /** What is larger than a batch fills one. */
  private sizeOf(input: unknown): number {
    const { sizeOf, maxSize } = this.init.options;
    const size: unknown = sizeOf ? sizeOf(input) : 1;
    if (typeof size !== 'number' || !(size >= 0))
      throw new ProcessingError(`"batch.sizeOf" of ${this.init.route.name} must give a number >= 0, gave ${String(size)}`);
    return Math.min(size === 0 ? 1 : size, maxSize);
  }

  private refuseOverload(size: number, context: RequestContext): void {
    const { events, route, options } = this.init;
    if (this.waiting.size === 0 || this.waitingSize + size <= options.queue) return;
    events.emit({ type: 'batch.refused', route: route.path, context, reason: 'overloaded' });
    const turns = this.waitingSize / (options.maxSize * options.maxConcurrent);
    throw new RequestError(`${route.name} has ${this.waiting.size} inputs waiting for a batch: no more fit`, {
      code: 'overloaded',
      retryAfterSeconds: Math.max(1, Math.ceil((turns * this.batchMs) / 1000)),
    });
  }

  private refuseLate(size: number, context: RequestContext): void {
    const { events, route, clock } = this.init;
    const expectedMs = this.expectedMs(size);
    if (context.deadline === undefined || clock.now() + expectedMs < context.deadline) return;
    events.emit({ type: 'batch.refused', route: route.path, context, reason: 'deadline' });
    throw new RequestError(`${route.name} would need ${Math.ceil(expectedMs)} ms, which is past the deadline`, {
      code: 'deadline_exceeded',
    });
  }

  /** The least time until the result. When nothing runs or waits, past batches don't count: a slow one would keep all others away. */
  private expectedMs(size: number): number {
    const { options, clock } = this.init;
    const [head] = this.waiting;
    if (this.places.areAllTaken) {
      const turns = Math.floor(this.waitingSize / options.maxSize) / options.maxConcurrent;
      return (turns + 1) * this.batchMs;
    }
    const isFull = this.waitingSize + size >= options.maxSize;
    const since = head?.since ?? clock.elapsed();
    const windowMs = isFull ? 0 : Math.max(0, since + options.maxWaitMs - clock.elapsed());
    return this.places.areAllFree && !head ? windowMs : windowMs + this.batchMs;
  }
}

/** Those that left have not failed. */
function outcomeOf(items: readonly BatchItem[]): BatchOutcome {
  const failures = items.filter(({ hasFailed, context }) => hasFailed && !context.abortedBy).length;
  if (failures === 0) return 'ok';
  return failures === items.length ? 'failed' : 'partial';
}
