import type { Clock } from '../../common/clock.js';
import { Permits } from '../../common/permits.js';
import type { RequestContext } from '../../core/context/request-context.js';
import { marksOf } from '../../core/context/request-marks.js';
import type { StageRoute } from '../../core/discovery/stage-route.js';
import { classifyError } from '../../core/errors/classify-error.js';
import type { ErrorCode } from '../../core/errors/error-catalogue.js';
import { RequestError } from '../../core/errors/service-errors.js';
import type { StageEvents } from '../../core/pipeline/stage-events.js';
import { AdaptiveLimit } from './adaptive-limit.js';
import { type AdmissionOptions, resolveAdmissionOptions } from './admission.options.js';
import { DrainRate } from './drain-rate.js';
import { HeldPermit, type PermitOwner } from './held-permit.js';

/** Failures that say that there was too much work at once. */
const TOO_MUCH: ReadonlySet<ErrorCode> = new Set<ErrorCode>(['deadline_exceeded', 'model_timeout', 'model_overloaded', 'overloaded']);

/**
 * The places among the running requests of one route, and its waiting room.
 * @internal
 */
export class Admission implements PermitOwner {
  readonly options: AdmissionOptions;
  readonly permits: Permits;
  private readonly drain: DrainRate;
  private readonly adaptive: AdaptiveLimit | undefined;
  private abandonedCount = 0;

  constructor(
    private readonly route: StageRoute,
    private readonly events: StageEvents,
    private readonly clock: Clock,
  ) {
    this.options = resolveAdmissionOptions(route.options);
    const { concurrency, queue } = this.options;
    this.adaptive = typeof concurrency === 'number' ? undefined : new AdaptiveLimit(concurrency);
    this.permits = new Permits({ limit: typeof concurrency === 'number' ? concurrency : concurrency.min, queue });
    this.drain = new DrainRate(clock);
  }

  /** Permits held by work whose request is over. */
  get abandoned(): number {
    return this.abandonedCount;
  }

  /** @throws RequestError `overloaded` with Retry-After when the waiting room is full */
  enter(context: RequestContext): HeldPermit | Promise<HeldPermit> {
    if (this.permits.tryTake()) {
      this.admitted(context, 0);
      return this.hold(context);
    }
    if (this.permits.isFull) throw this.refusal(context);
    return this.wait(context);
  }

  private async wait(context: RequestContext): Promise<HeldPermit> {
    const { clock, events, route } = this;
    const since = clock.elapsed();
    events.emit({ type: 'admission.waiting', route: route.path, context });
    const waiter = this.permits.wait();
    const leave = (reason: Error): void => void waiter.leave(reason);
    const release = context.onAbort(leave);
    const cancel = clock.schedule(this.options.queueTimeoutMs, () => leave(this.tooLong(since)));
    try {
      await waiter.granted;
    } catch (error) {
      const cause = context.abortedBy?.abortCause ?? 'queue_timeout';
      const waitedMs = clock.elapsed() - since;
      marksOf(context).waitedMs.admission = waitedMs;
      events.emit({ type: 'admission.left', route: route.path, context, cause, waitedMs });
      throw error;
    } finally {
      cancel();
      release();
    }
    if (context.abortedBy) {
      this.permits.release(); // aborted between the grant and this line
      throw context.abortedBy;
    }
    this.admitted(context, clock.elapsed() - since);
    return this.hold(context);
  }

  private admitted(context: RequestContext, waitedMs: number): void {
    marksOf(context).waitedMs.admission = waitedMs;
    if (this.events.hears('admission.admitted'))
      this.events.emit({ type: 'admission.admitted', route: this.route.path, context, waitedMs });
  }

  private hold(context: RequestContext): HeldPermit {
    return new HeldPermit(this, context, this.adaptive ? this.clock.elapsed() : 0, this.permits.inUse);
  }

  /** @internal */
  outlasted(permit: HeldPermit): () => void {
    const { abandonedPermitMs } = this.options;
    this.abandonedCount++;
    return this.clock.schedule(abandonedPermitMs, () => {
      const { context } = permit;
      permit.release();
      context.logger.warn(`Run goes on ${abandonedPermitMs} ms after its request ended: its permit is taken back`);
      this.events.emit({ type: 'admission.reclaimed', route: this.route.path, context });
    });
  }

  /** @internal */
  returned(permit: HeldPermit, failure: unknown): void {
    if (this.adaptive) this.adapt(this.adaptive, permit, failure === undefined ? permit.context.abortedBy : failure);
    if (permit.isAbandoned) this.abandonedCount--;
    this.drain.released(this.permits.waiting > 0);
    this.permits.release();
  }

  /** Work that failed or was called off tells nothing by its duration, but some of it that there is too much. */
  private adapt(limit: AdaptiveLimit, { since, inFlight }: HeldPermit, failure: unknown): void {
    const durationMs = failure === undefined ? this.clock.elapsed() - since : undefined;
    const isDropped = failure !== undefined && TOO_MUCH.has(classifyError(failure).code);
    if (limit.sample({ durationMs, inFlight, isDropped })) this.permits.resize(limit.limit);
  }

  private refusal(context: RequestContext): RequestError {
    const retryAfterSeconds = this.drain.secondsFor(this.permits.waiting + 1);
    this.events.emit({ type: 'admission.refused', route: this.route.path, context, retryAfterSeconds });
    return new RequestError(`${this.route.name} is full: ${this.permits.limit} running, ${this.options.queue} waiting`, {
      code: 'overloaded',
      retryAfterSeconds,
    });
  }

  private tooLong(since: number): RequestError {
    const waitedMs = Math.round(this.clock.elapsed() - since);
    const retryAfterSeconds = this.drain.secondsFor(this.permits.waiting);
    return new RequestError(`${this.route.name} had no free place within ${waitedMs} ms`, { code: 'overloaded', retryAfterSeconds });
  }
}
