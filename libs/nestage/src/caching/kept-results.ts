import { LRUCache } from 'lru-cache';
import type { Clock } from '../common/clock.js';
import { ProcessingError } from '../core/errors/service-errors.js';
import type { ResolvedCacheOptions } from './caching.options.js';
import { roughBytes } from './rough-bytes.js';
import type { SharedResult } from './shared-result.js';

/** @internal */
export interface KeptResultsInit {
  readonly options: ResolvedCacheOptions;
  /** Name of the handler, for what is said of its `sizeOf`. */
  readonly name: string;
  readonly clock: Clock;
  /** Called when a result makes room for others. */
  readonly onEvicted: () => void;
}

/** A result with its age. @internal */
export interface KeptResult extends SharedResult {
  readonly ageMs: number;
}

/**
 * The results of one route that may be given again: the least recently used leaves first, none is given after its time.
 * @internal
 */
export class KeptResults {
  private readonly entries: LRUCache<string, { readonly result: SharedResult; readonly since: number }>;

  constructor(private readonly init: KeptResultsInit) {
    const { options, clock, onEvicted } = init;
    this.entries = new LRUCache({
      max: options.maxEntries,
      maxSize: options.maxBytes,
      ttl: options.ttlMs,
      ttlResolution: 0,
      perf: { now: () => clock.elapsed() + 1 }, // an entry since 0 would count as one without a time
      disposeAfter: (_entry, _key, reason) => {
        if (reason === 'evict') onEvicted();
      },
    });
  }

  get size(): number {
    return this.entries.size;
  }

  get bytes(): number {
    return this.entries.calculatedSize;
  }

  get ttlMs(): number {
    return this.init.options.ttlMs;
  }

  /** @param maxAgeMs an older one is not given; it stays for others */
  get(key: string, maxAgeMs: number): KeptResult | undefined {
    const entry = this.entries.get(key);
    if (!entry) return undefined;
    const ageMs = this.init.clock.elapsed() - entry.since;
    return ageMs <= maxAgeMs ? { ...entry.result, ageMs } : undefined;
  }

  /** @returns whether it is kept: not if it alone weighs more than all may */
  set(key: string, result: SharedResult): boolean {
    const { content } = result;
    const bytes =
      'value' in content ? this.bytesOf(content.value) : content.items.reduce<number>((sum, item) => sum + this.bytesOf(item), 0);
    const size = Math.max(1, Math.ceil(bytes + key.length));
    if (size > this.init.options.maxBytes) {
      this.entries.delete(key); // an older one must not outlive it
      return false;
    }
    this.entries.set(key, { result, since: this.init.clock.elapsed() }, { size });
    return true;
  }

  /** What a value or an item weighs. @throws ProcessingError where `sizeOf` gives no number */
  bytesOf(value: unknown): number {
    const { sizeOf } = this.init.options;
    if (!sizeOf) return roughBytes(value);
    const bytes: unknown = sizeOf(value);
    if (typeof bytes === 'number' && bytes >= 0) return bytes;
    throw new ProcessingError(`"cache.sizeOf" of ${this.init.name} must give a number >= 0, gave ${String(bytes)}`);
  }

  /** @returns how many there were */
  delete(matches: (key: string) => boolean): number {
    return [...this.entries.keys()].filter(matches).filter((key) => this.entries.delete(key)).length;
  }
}
