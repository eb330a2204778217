import { randomUUID } from 'node:crypto';
import { signatureHeaders } from '../../alerts/webhook-signature.js';
import { systemClock } from '../../common/clock.js';
import { hours } from '../../common/duration.js';
import { isAtHost } from '../../common/host-pattern.js';
import { RequestAbortedError } from '../../core/context/request-aborted.error.js';
import type { StageContext } from '../../core/context/stage-context.js';
import type { JobEngine, JobRun } from '../../core/jobs/job-engine.js';
import { FINAL_JOB_STATES, type JobOutcome, type NewJob } from '../../core/jobs/job.js';
import type { LogWriter } from '../../core/log/log-writer.js';
import { JOB_HEADERS, refusedHeader } from '../handing-in/preferences.js';
import { jobView, type JobLinks } from '../job-view.js';
import { payloadOf } from '../request-payload.js';
import type { ResolvedJobWebhookOptions } from './job-webhook.options.js';
import { postWebhook } from './post-webhook.js';

/** Route of the jobs by which ends are told: one that no handler can have. */
const WEBHOOK_ROUTE = 'webhook';
const MAX_URL_LENGTH = 2048;
const CONCURRENCY = 4;
/** The job is marked as ended just after its end is to be told. */
const SETTLE_MS = 100;

/** One telling, as its job carries it. */
interface Telling {
  readonly job: string;
  readonly url: string;
  readonly isForeign: boolean;
}

/** @internal */
export interface JobWebhooksInit {
  readonly engine: JobEngine;
  readonly options: ResolvedJobWebhookOptions;
  readonly links: JobLinks;
  readonly log: LogWriter;
}

/**
 * Tells the ends of jobs to others, each by a job of its own: where jobs outlive a process, so does the telling, and its tries.
 * @internal
 */
export class JobWebhooks {
  constructor(private readonly init: JobWebhooksInit) {}

  /** Begins to send in this process. */
  work(): void {
    this.init.engine.work({ kind: 'request', routes: [WEBHOOK_ROUTE], concurrency: CONCURRENCY }, (job, run) => this.deliver(job, run));
  }

  /** The address that a client named. @throws ValidationError for one that is not allowed */
  addressOf(headers: StageContext['headers']): string | undefined {
    const text = headers[JOB_HEADERS.webhook];
    if (text === undefined) return undefined;
    const { hosts, http } = this.init.options;
    if (typeof text !== 'string' || text.length > MAX_URL_LENGTH || !URL.canParse(text))
      throw refusedHeader(JOB_HEADERS.webhook, 'must be a URL');
    const url = new URL(text);
    if (url.protocol !== 'https:' && !(http && url.protocol === 'http:'))
      throw refusedHeader(JOB_HEADERS.webhook, 'must begin with https:');
    if (url.username || url.password) throw refusedHeader(JOB_HEADERS.webhook, 'must not hold a user name or password');
    if (!hosts.some((host) => isAtHost(url, host))) throw refusedHeader(JOB_HEADERS.webhook, 'names a host that is not allowed');
    return url.href;
  }

  /** A job is about to end, or has. */
  async tell(job: NewJob): Promise<void> {
    const { engine, options, log } = this.init;
    const { webhook } = payloadOf(job);
    const tellings: Telling[] = [
      ...(options.url === undefined ? [] : [{ job: job.id, url: options.url, isForeign: false }]),
      ...(webhook === undefined ? [] : [{ job: job.id, url: webhook, isForeign: true }]),
    ];
    for (const payload of tellings) {
      try {
        const { tries, backoffMs } = options;
        const common = { kind: 'request', route: WEBHOOK_ROUTE, payload, logId: job.logId, tries, backoffMs } as const;
        await engine.add({ ...common, id: randomUUID(), delayMs: SETTLE_MS, keepMs: hours(1) });
      } catch (error) {
        log.write('ERROR', `${this.label(payload)} can not be told: ${messageOf(error)}`, job.logId);
      }
    }
  }

  private async deliver({ payload, logId, tries }: NewJob, run: JobRun): Promise<JobOutcome> {
    const telling = payload as Telling;
    try {
      const status = await this.post(telling, run.signal);
      if (status === undefined || (status >= 200 && status < 300)) return { state: 'succeeded', result: { status } };
      if (status >= 500 || status === 408 || status === 429) throw new Error(`it answered ${status}`);
      this.init.log.write('ERROR', `${this.label(telling)} was refused with ${status}`, logId);
      return { state: 'failed', result: { status } };
    } catch (error) {
      const isLast = run.attempt >= tries;
      const text = `${this.label(telling)} failed at try ${run.attempt} of ${tries}: ${messageOf(error)}`;
      if (!run.signal.aborted) this.init.log.write(isLast ? 'ERROR' : 'WARNING', text, logId);
      throw error;
    }
  }

  /** @returns `undefined` when the job is forgotten already: there is nothing to tell */
  private async post({ job: id, url, isForeign }: Telling, cancelled: AbortSignal): Promise<number | undefined> {
    const { engine, options, links } = this.init;
    const job = await engine.find(id);
    if (!job) return undefined;
    if (!FINAL_JOB_STATES.has(job.state)) throw new Error('the job is not over');
    const body = JSON.stringify(jobView(job, { links }));
    const limit = new AbortController();
    const cancel = systemClock.schedule(options.timeoutMs, () => limit.abort(new Error(`no answer within ${options.timeoutMs} ms`)));
    const onCancelled = (): void => limit.abort(new RequestAbortedError('shutdown'));
    cancelled.addEventListener('abort', onCancelled, { once: true });
    try {
      const headers = {
        'content-type': 'application/json; charset=utf-8',
        'x-nestage-job-id': id,
        ...signatureHeaders(body, options.secret, systemClock.now()),
      };
      return await postWebhook({ url: new URL(url), body, headers, isForeign, signal: limit.signal }, options);
    } catch (error) {
      throw limit.signal.aborted ? limit.signal.reason : error;
    } finally {
      cancel();
      cancelled.removeEventListener('abort', onCancelled);
    }
  }

  /** Paths and queries of webhooks are taken for secret. */
  private label({ job, url }: Telling): string {
    return `Webhook of job ${job} to ${new URL(url).origin}/***`;
  }
}

const messageOf = (error: unknown): string => (error as Error | undefined)?.message ?? String(error);
