import { delay, raceAbort } from '../common/abort.js';
import type { Clock } from '../common/clock.js';
import { minutes } from '../common/duration.js';
import { contextStorage } from '../core/context/context-storage.js';
import { describeThrown } from '../core/errors/describe-thrown.js';
import { SystemError } from '../core/errors/service-errors.js';
import { isWebServiceError } from '../core/errors/web-service.error.js';
import type { LogWriter } from '../core/log/log-writer.js';
import type { Alert } from './alert.js';
import { oneLine, type TextMask } from './alert-message.js';
import type { AlertDeliveryOptions, AlertSink } from './alert-sink.js';

/** @internal */
export interface SinkQueueInit {
  readonly sink: AlertSink;
  readonly delivery: Readonly<Required<AlertDeliveryOptions>>;
  readonly log: LogWriter;
  readonly mask: TextMask;
  readonly clock: Clock;
}

const MAX_RETRY_DELAY_MS = minutes(1);
/** Log id of lines that belong to no request. */
const NO_REQUEST = 'default';

/**
 * Hands alerts to one sink, one after the other, outside of any request. Bounded in number and time; a sink that fails is logged once,
 * and again when it works.
 * @internal
 */
export class SinkQueue {
  private readonly waiting: Alert[] = [];
  /** Fires when waiting between attempts makes no sense any more. */
  private readonly closing = new AbortController();
  /** Fires when even the attempt under way has to end. */
  private readonly closed = new AbortController();
  private working: Promise<void> | undefined;
  private lost = 0;
  private isDown = false;

  constructor(private readonly init: SinkQueueInit) {}

  /** How many alerts wait, the one under way not counted. */
  get length(): number {
    return this.waiting.length;
  }

  push(alert: Alert): void {
    if (this.closed.signal.aborted) return;
    this.waiting.push(alert);
    if (this.waiting.length > this.init.delivery.maxQueued) this.dropOne();
    // Outside of the request that happened to cause the alert: its log id and its memory are not the queue's.
    this.working ??= contextStorage.exit(() => this.work());
  }

  /** Gives what waits one more attempt each, for at most `withinMs` in all. */
  async stop(withinMs: number): Promise<void> {
    this.closing.abort();
    const cancel = this.init.clock.schedule(withinMs, () => this.closed.abort());
    await this.working;
    cancel();
    this.closed.abort();
  }

  private async work(): Promise<void> {
    await Promise.resolve(); // so that no sink runs within the request
    for (let alert = this.waiting.shift(); alert; alert = this.waiting.shift()) {
      if (this.closed.signal.aborted) this.lose(new SystemError('the service has stopped'));
      else await this.deliver(alert);
    }
    this.working = undefined;
  }

  private async deliver(alert: Alert): Promise<void> {
    const { retries } = this.init.delivery;
    for (let retry = 0; ; retry += 1) {
      try {
        await this.attempt(alert);
        return this.succeeded();
      } catch (error) {
        if (retry >= retries || isFinal(error) || this.closing.signal.aborted) return this.lose(error);
        await this.pause(retry, error);
      }
    }
  }

  private async attempt(alert: Alert): Promise<void> {
    const { sink, delivery, clock } = this.init;
    const controller = new AbortController();
    const cancel = clock.schedule(delivery.timeoutMs, () => controller.abort(new SystemError(`no answer within ${delivery.timeoutMs} ms`)));
    const onClosed = (): void => controller.abort(new SystemError('the service has stopped'));
    this.closed.signal.addEventListener('abort', onClosed, { once: true });
    try {
      await raceAbort(Promise.resolve(sink.send(alert, controller.signal)), controller.signal);
    } finally {
      cancel();
      this.closed.signal.removeEventListener('abort', onClosed);
    }
  }

  /** Doubles with each retry; a sink that says when to come back is believed, up to a minute. */
  private async pause(retry: number, error: unknown): Promise<void> {
    const asked = isWebServiceError(error) ? (error.retryAfterSeconds ?? 0) * 1000 : 0;
    const wanted = Math.max(asked, this.init.delivery.retryDelayMs * 2 ** retry);
    try {
      await delay(Math.min(MAX_RETRY_DELAY_MS, wanted), this.closing.signal, this.init.clock);
    } catch {
      // the service is closing: the next attempt is made at once
    }
  }

  /** The oldest of the lowest tier goes: what wakes someone up stays. */
  private dropOne(): void {
    const lowest = this.waiting.reduce((low, { tier }) => (tier < low ? tier : low), 'L4');
    this.waiting.splice(
      this.waiting.findIndex(({ tier }) => tier === lowest),
      1,
    );
    this.lose(new SystemError(`more than ${this.init.delivery.maxQueued} alerts wait`));
  }

  private lose(error: unknown): void {
    this.lost += 1;
    if (this.isDown) return;
    this.isDown = true;
    const { sink, mask, log } = this.init;
    log.write('ERROR', `Alerts don't reach ${sink.name}: ${reasonOf(error, mask)} (told once until it works again)`, NO_REQUEST);
  }

  private succeeded(): void {
    if (!this.isDown) return;
    this.init.log.write('INFO', `Alerts reach ${this.init.sink.name} again; ${this.lost} were lost`, NO_REQUEST);
    this.isDown = false;
    this.lost = 0;
  }
}

/** Whether the same attempt would fail again, such as for an address that does not exist. */
function isFinal(error: unknown): boolean {
  return isWebServiceError(error) && error.status !== undefined && error.status < 500;
}

function reasonOf(error: unknown, mask: TextMask): string {
  const { type, message, causes } = describeThrown(error);
  return oneLine([message || type, ...causes.map((cause) => cause.message)].join(': '), mask);
}
