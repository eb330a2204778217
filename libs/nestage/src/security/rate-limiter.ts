import { normalizeIp, type ThrottlerStorage, ThrottlerStorageService } from '@nestjs/throttler';
import type { Clock } from '../common/clock.js';
import { RequestError } from '../core/errors/service-errors.js';
import type { LogWriter } from '../core/log/log-writer.js';
import type { SharedCounts } from '../core/state/shared-state.js';
import type { GateRequest } from '../http/gate/gate-checks.js';
import type { Principal } from './principal.js';
import type { ResolvedRateLimitOptions, ResolvedRateLimitRule } from './rate-limit.options.js';

/** @internal */
export interface RateLimiterInit {
  readonly options: ResolvedRateLimitOptions;
  /** Whether requests come with a key: without, rules by key count addresses. */
  readonly hasKeys: boolean;
  readonly clock: Clock;
  readonly log: LogWriter;
  /** Counts that the replicas have in common; without them, or while they can't be had, each counts by itself. */
  readonly shared?: SharedCounts | undefined;
}

type StorageRecord = Awaited<ReturnType<ThrottlerStorage['increment']>>;

/** How long a count may take: a storage that hangs must not hold the service. */
const STORAGE_TIMEOUT_MS = 1000;

/**
 * Counts requests by address and by key. While a storage of the app's own fails, requests are let through: a service without a limit is
 * better than none.
 * @internal
 */
export class RateLimiter {
  private readonly ownStorage: ThrottlerStorageService | undefined;
  private isFailing = false;

  constructor(private readonly init: RateLimiterInit) {
    this.ownStorage = init.options.storage ? undefined : new ThrottlerStorageService();
  }

  close(): void {
    this.ownStorage?.onApplicationShutdown();
  }

  /** Counts a request before it is known whose it is. @throws RequestError `rate_limited` */
  async countAddress(request: GateRequest): Promise<void> {
    const rule = this.ruleOf(request);
    if (!rule || (rule.by === 'key' && this.init.hasKeys)) return;
    await this.count(request, rule, `ip:${normalizeIp(request.address)}`);
  }

  /** Counts a request of a key. @throws RequestError `rate_limited` */
  async countKey(request: GateRequest, { name }: Principal): Promise<void> {
    const rule = this.ruleOf(request);
    if (rule && rule.by !== 'ip') await this.count(request, rule, `key:${name}`);
  }

  /** A request within another counts once by each rule. */
  private ruleOf({ path, countedAs }: GateRequest): ResolvedRateLimitRule | undefined {
    const rule = this.ruleAt(path);
    return countedAs !== undefined && rule === this.ruleAt(countedAs) ? undefined : rule;
  }

  private ruleAt(path: string): ResolvedRateLimitRule | undefined {
    const { paths, general } = this.init.options;
    const override = paths.find(({ matches }) => matches(path));
    return override ? override.rule : general;
  }

  private async count(request: GateRequest, rule: ResolvedRateLimitRule, subject: string): Promise<void> {
    const record = await this.increment(rule, subject);
    if (!record) return;
    const { isBlocked, totalHits, timeToExpire, timeToBlockExpire } = record;
    const remaining = isBlocked ? 0 : Math.max(0, rule.limit - totalHits);
    showTightest(request, { limit: rule.limit, remaining, reset: isBlocked ? timeToBlockExpire : timeToExpire });
    if (!isBlocked) return;
    throw new RequestError(`Too many requests: ${rule.limit} within ${rule.windowMs} ms are allowed`, {
      code: 'rate_limited',
      retryAfterSeconds: timeToBlockExpire,
    });
  }

  private async increment({ name, limit, windowMs }: ResolvedRateLimitRule, subject: string): Promise<StorageRecord | undefined> {
    const { options, shared } = this.init;
    const remote: Pick<ThrottlerStorage, 'increment'> | undefined = options.storage ?? shared;
    const count = (storage: Pick<ThrottlerStorage, 'increment'>): Promise<StorageRecord> =>
      storage.increment(`nestage:${name}:${subject}`, windowMs, limit, options.blockMs, name);
    try {
      const record = remote && (await this.within(count(remote)));
      this.tell(undefined);
      if (record) return record;
    } catch (error) {
      this.tell(error);
    }
    return this.ownStorage && count(this.ownStorage);
  }

  private within(record: Promise<StorageRecord>): Promise<StorageRecord> {
    return new Promise((resolve, reject) => {
      const cancel = this.init.clock.schedule(STORAGE_TIMEOUT_MS, () => reject(new Error(`no answer within ${STORAGE_TIMEOUT_MS} ms`)));
      record.then(resolve, reject).finally(cancel);
    });
  }

  /** Changes only: a storage that is away fails every request. */
  private tell(error: unknown): void {
    const isFailing = error !== undefined;
    if (isFailing === this.isFailing) return;
    this.isFailing = isFailing;
    const { log } = this.init;
    if (!isFailing) return log.write('INFO', 'The storage of the rate limit works again');
    const reason = error instanceof Error ? error.message : 'unknown';
    const meanwhile = this.ownStorage ? 'this process counts by itself' : 'nothing is limited';
    log.write(this.ownStorage ? 'WARNING' : 'ERROR', `The storage of the rate limit fails, ${meanwhile}: ${reason}`);
  }
}

const SHOWN = Symbol('nestage:rate-limit');

interface Allowance {
  readonly limit: number;
  readonly remaining: number;
  /** Seconds until the window, or the block, is over. */
  readonly reset: number;
}

/** Of several counts the client is told the one that will refuse it first. */
function showTightest({ context, setHeader }: GateRequest, allowance: Allowance): void {
  const shown = context.state.get(SHOWN) as Allowance | undefined;
  if (shown && shown.remaining <= allowance.remaining) return;
  context.state.set(SHOWN, allowance);
  for (const [name, value] of Object.entries(allowance)) setHeader(`x-ratelimit-${name}`, String(value));
}
