import type { Clock } from '../common/clock.js';
import type { RequestContext } from '../core/context/request-context.js';
import type { StageRoute } from '../core/discovery/stage-route.js';
import { FinishedResult } from '../core/pipeline/finished-result.js';
import type { CacheOutcome } from '../core/pipeline/cache-events.js';
import type { StageEvents } from '../core/pipeline/stage-events.js';
import type { StageCall, StageNext } from '../core/pipeline/stage-middleware.js';
import { StageStream } from '../core/pipeline/stage-stream.js';
import { directivesOf } from './cache-directives.js';
import { cacheStatus } from './cache-status.js';
import type { ResolvedCachingOptions } from './caching.options.js';
import { type KeptResult, KeptResults } from './kept-results.js';
import { PlainClasses } from './plain-classes.js';
import { ResultCopier } from './result-copier.js';
import { roughBytes } from './rough-bytes.js';
import { ShareKeys } from './share-keys.js';
import { applyEffects, mayBeKept, type SharedResult } from './shared-result.js';
import { SharedRun } from './shared-run.js';

/** @internal */
export interface RouteSharingInit {
  readonly route: StageRoute;
  readonly options: ResolvedCachingOptions;
  readonly events: StageEvents;
  readonly clock: Clock;
  /** Whether something other than the handler's `run` answered in a context. */
  readonly isDegraded: (context: RequestContext) => boolean;
}

/** Where a result comes from. */
interface Source {
  readonly logId: string;
  readonly ageMs?: number;
}

/**
 * The results that requests of one route share: those that are kept, and those that are being made.
 * @internal
 */
export class RouteSharing {
  readonly kept: KeptResults | undefined;
  readonly counts: Record<CacheOutcome | 'evicted', number> = { hit: 0, joined: 0, miss: 0, bypass: 0, evicted: 0 };
  private readonly running = new Map<string, SharedRun>();
  private readonly keys: ShareKeys;
  private readonly copier: ResultCopier;
  /** Runs that were begun before a removal must not bring back what was removed. */
  private removals = 0;

  constructor(private readonly init: RouteSharingInit) {
    const { route, options, clock } = init;
    const classes = new PlainClasses();
    this.keys = new ShareKeys({ route, key: options.key, classes });
    this.copier = new ResultCopier(classes);
    if (options.cache) this.kept = new KeptResults({ options: options.cache, name: route.name, clock, onEvicted: () => this.evicted() });
  }

  answer({ input, context }: StageCall, next: StageNext): unknown {
    const { mayStore, mayReuse, maxAgeMs } = directivesOf(context.headers);
    const key = mayStore ? this.keys.of(input, context) : undefined;
    if (key === undefined) {
      this.tell('bypass', context);
      return next(input);
    }
    if (mayReuse) {
      const kept = this.kept?.get(key, maxAgeMs);
      if (kept) return this.give(kept, context);
      const run = this.running.get(key);
      if (run) return this.join(run, context, () => next(input));
    }
    return this.begin(key, context, (given) => next(input, given));
  }

  /** Forgets kept results, and lets nobody join runs that were begun before. @returns how many kept ones there were */
  remove(matches: (key: string) => boolean): number {
    this.removals++;
    for (const key of this.running.keys()) if (matches(key)) this.running.delete(key);
    return this.kept?.delete(matches) ?? 0;
  }

  private give(kept: KeptResult, context: RequestContext): unknown {
    const copy = <T>(value: T): T => this.copier.copy(value);
    context.logger.info(`Cache hit: the result of ${kept.logId}, ${(kept.ageMs / 1000).toFixed(1)} s old`);
    this.tell('hit', context, kept);
    applyEffects(kept.effects, context, copy);
    if ('value' in kept.content) return copy(kept.content.value);
    return StageStream.open(copies(kept.content.items, copy), context);
  }

  private join(run: SharedRun, context: RequestContext, again: () => unknown): Promise<unknown> {
    context.logger.info(`Joined the run of ${run.context.logId}`);
    this.tell('joined', context, run.context);
    return run.share(context, again);
  }

  private begin(key: string, leader: RequestContext, work: (context: RequestContext) => unknown): Promise<unknown> {
    const { options, isDegraded } = this.init;
    const { removals } = this;
    const run: SharedRun = new SharedRun({
      leader,
      maxReplayBytes: options.maxReplayBytes,
      bytesOf: (value) => this.kept?.bytesOf(value) ?? roughBytes(value),
      copy: (value) => this.copier.copy(value),
      isDegraded,
      onClosed: () => {
        if (this.running.get(key) === run) this.running.delete(key);
      },
      keep: (result) => removals === this.removals && this.keep(key, result),
    });
    this.tell('miss', leader);
    if (options.isCoalesced) this.running.set(key, run);
    run.start(work);
    return run.share(leader, () => work(leader));
  }

  private keep(key: string, result: SharedResult): boolean {
    const { content, effects } = result;
    const isFinished = 'value' in content && content.value instanceof FinishedResult;
    return this.kept !== undefined && !isFinished && mayBeKept(effects) && this.kept.set(key, result);
  }

  private tell(outcome: CacheOutcome, context: RequestContext, { logId, ageMs = 0 }: Source = context): void {
    this.counts[outcome]++;
    context.response.setHeader('cache-status', cacheStatus(outcome, (this.kept?.ttlMs ?? 0) - ageMs));
    this.init.events.emit({ type: 'cache.lookup', route: this.init.route.path, context, outcome, runLogId: logId });
  }

  private evicted(): void {
    this.counts.evicted++;
    this.init.events.emit({ type: 'cache.evicted', route: this.init.route.path });
  }
}

async function* copies(items: readonly unknown[], copy: (item: unknown) => unknown): AsyncGenerator<unknown, void, void> {
  for (const item of items) yield copy(item);
}
