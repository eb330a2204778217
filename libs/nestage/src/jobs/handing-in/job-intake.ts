import { createHash, randomUUID } from 'node:crypto';
import type { Clock } from '../../common/clock.js';
import { callerOf } from '../../core/context/caller.js';
import type { StageContext } from '../../core/context/stage-context.js';
import type { TraceCarrier } from '../../core/context/trace-carrier.js';
import type { StageRoute } from '../../core/discovery/stage-route.js';
import { routeKey } from '../../core/discovery/stage-route.js';
import { RequestError } from '../../core/errors/service-errors.js';
import type { JobEngine } from '../../core/jobs/job-engine.js';
import type { NewJob } from '../../core/jobs/job.js';
import type { BuiltInReply } from '../../http/builtin/builtin-controller.factory.js';
import type { Defer, Deferral, DeferralDescription, GoodRequest } from '../../http/deferrals.js';
import { resolveJobHandlerOptions, type ResolvedJobHandlerOptions } from '../job-handler.options.js';
import type { JobMetrics } from '../job-metrics.js';
import type { JobDesk } from '../job-desk.js';
import type { PayloadBytes } from '../payloads/payload-bytes.js';
import { carriedHeaders, payloadOf, type RequestPayload } from '../request-payload.js';
import type { JobWebhooks } from '../webhook/job-webhooks.js';
import { copiedBodyOf } from './body-copies.js';
import { describeJobs } from './describe-jobs.js';
import { fingerprintOf } from './fingerprint.js';
import { askedDelayMs, askedPriority, idempotencyKeyOf, JOB_HEADERS, readPreferences, refusedHeader } from './preferences.js';

/** @internal */
export interface JobIntakeInit {
  readonly engine: JobEngine;
  readonly bytes: PayloadBytes;
  readonly desk: JobDesk;
  readonly trace: TraceCarrier;
  readonly webhooks: JobWebhooks | undefined;
  readonly metrics: JobMetrics;
  readonly clock: Clock;
  readonly maxWaitMs: number;
}

/**
 * Takes requests in as jobs, when their clients prefer that: they have been let in and validated, and are answered 202 with the address of
 * the job, or with its result if that comes in the time that the client waits.
 * @internal
 */
export class JobIntake implements Deferral {
  constructor(private readonly init: JobIntakeInit) {}

  attach(route: StageRoute): Defer | undefined {
    const options = resolveJobHandlerOptions(route.options);
    if (!options) return undefined;
    return (request) => {
      const preferences = readPreferences(request.context.headers, this.init.maxWaitMs);
      return preferences && this.answer(request, options, preferences);
    };
  }

  describe({ options }: StageRoute): DeferralDescription | undefined {
    const resolved = resolveJobHandlerOptions(options);
    return resolved && describeJobs(resolved);
  }

  private async answer(
    request: GoodRequest,
    options: ResolvedJobHandlerOptions,
    { waitMs, applied }: NonNullable<ReturnType<typeof readPreferences>>,
  ): Promise<BuiltInReply> {
    const { desk } = this.init;
    const { id } = await this.takeIn(request, options);
    const reply = (waitMs > 0 ? await desk.resultWithin(id, waitMs, request.context.signal) : undefined) ?? (await desk.accepted(id));
    return { ...reply, headers: { ...reply.headers, ...desk.location(id), 'preference-applied': applied } };
  }

  /** The job of a request: a new one, or the one that it is a repetition of. */
  private async takeIn(request: GoodRequest, options: ResolvedJobHandlerOptions): Promise<NewJob> {
    const { engine, bytes } = this.init;
    const key = idempotencyKeyOf(request.context.headers);
    const fingerprint = key === undefined ? undefined : await fingerprintOf(request.input);
    const id = key === undefined ? randomUUID() : idOf(key, request);
    for (;;) {
      const known = key === undefined ? undefined : await engine.find(id);
      if (known) return refuseOther(known, fingerprint);
      const job = await this.make(id, { request, options, fingerprint });
      try {
        if (await engine.add(job)) {
          this.init.metrics.took(request.route.path);
          request.context.logger.info(`Job taken in: ${job.route}, ${id}`);
          return job;
        }
      } catch (error) {
        await bytes.drop(payloadOf(job).body);
        throw error;
      }
      await bytes.drop(payloadOf(job).body); // a repetition was faster
    }
  }

  private async make(id: string, { request, options, fingerprint }: Making): Promise<NewJob> {
    const { bytes, clock, trace } = this.init;
    const { context, route, input } = request;
    const { tries, backoffMs, keepMs, maxAgeMs } = options;
    const delayMs = askedDelayMs(context.headers, options);
    const priority = askedPriority(context.headers, options);
    const webhook = this.webhookOf(context.headers);
    const traced = trace.headers();
    const copy = await copiedBodyOf(context);
    const caller = callerOf(context);
    const payload: RequestPayload = {
      method: route.method,
      path: route.path,
      takenAt: clock.now(),
      headers: carriedHeaders(context.headers, traced),
      parameters: input.parameters,
      ...(copy ? { body: await bytes.keep(copy.content.stream() as AsyncIterable<Uint8Array>, delayMs + maxAgeMs + keepMs) } : {}),
      ...(caller ? { caller } : {}),
      ...(fingerprint === undefined ? {} : { fingerprint }),
      ...(webhook === undefined ? {} : { webhook }),
    };
    return {
      id,
      kind: 'request',
      route: routeKey(route),
      payload,
      logId: context.logId,
      ...(traced['traceparent'] === undefined ? {} : { traceparent: traced['traceparent'] }),
      ...(caller ? { owner: caller.name } : {}),
      priority,
      delayMs,
      tries,
      backoffMs,
      deadline: clock.now() + delayMs + maxAgeMs,
      keepMs,
    };
  }

  private webhookOf(headers: StageContext['headers']): string | undefined {
    const { webhooks } = this.init;
    if (webhooks) return webhooks.addressOf(headers);
    if (headers[JOB_HEADERS.webhook] === undefined) return undefined;
    throw refusedHeader(JOB_HEADERS.webhook, 'is not served here');
  }
}

interface Making {
  readonly request: GoodRequest;
  readonly options: ResolvedJobHandlerOptions;
  readonly fingerprint: string | undefined;
}

/** The same key of the same client for the same route is the same job, whichever machine it comes to. */
function idOf(key: string, { route, context }: GoodRequest): string {
  return createHash('sha256')
    .update(JSON.stringify([callerOf(context)?.name ?? null, routeKey(route), key]))
    .digest('base64url');
}

function refuseOther(known: NewJob, fingerprint: string | undefined): NewJob {
  if (payloadOf(known).fingerprint === fingerprint) return known;
  throw new RequestError('The Idempotency-Key was used for another request', { code: 'idempotency_key_reused' });
}
