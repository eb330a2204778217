import { checkOptions, either, integer, object, oneOf, type OptionCheck, typed } from '../common/option-checks.js';
import { systemClock } from '../common/clock.js';
import { SystemError } from '../core/errors/service-errors.js';
import { WebServiceError } from '../core/errors/web-service.error.js';
import type { Alert } from './alert.js';
import type { AlertDeliveryOptions, AlertSink } from './alert-sink.js';
import { alertLines, alertTitle } from './alert-text.js';
import { signatureHeaders, signedForDingTalk } from './webhook-signature.js';
import { TEMPLATES, WEBHOOK_TEMPLATES, type WebhookTemplate, type WebhookTemplateName } from './webhook-templates.js';

/** @publicApi */
export interface WebhookOptions extends AlertDeliveryOptions {
  /** Where alerts are posted, http or https. Its path and query are taken for secret and never logged. */
  readonly url: string;
  /** Name in the log when it fails. @default 'webhook' */
  readonly name?: string;
  /** Body of the request: that of a chat service, or a function of yours. @default the alert itself, with `title` and `text` */
  readonly template?: WebhookTemplateName | WebhookTemplate;
  /** Signs each request: DingTalk's own scheme with its template, HMAC-SHA256 in two headers otherwise (see `verifyWebhook`). */
  readonly secret?: string;
  /** Further headers, such as `authorization`. */
  readonly headers?: Readonly<Record<string, string>>;
}

const httpUrl: OptionCheck = {
  describe: 'an http or https URL without a login (give it by headers)',
  accepts: (value) => {
    if (typeof value !== 'string' || !URL.canParse(value)) return false;
    const { protocol, username, password } = new URL(value);
    return /^https?:$/.test(protocol) && !username && !password;
  },
};

const CHECKS: Readonly<Record<keyof WebhookOptions, OptionCheck>> = {
  url: httpUrl,
  name: typed('string'),
  template: either(oneOf(...WEBHOOK_TEMPLATES), typed('function')),
  secret: typed('string'),
  headers: object,
  timeoutMs: integer(1),
  retries: integer(0),
  retryDelayMs: integer(1),
  maxQueued: integer(1),
};

const MAX_ANSWER_BYTES = 16_384;

/**
 * A sink that posts each alert as JSON.
 *
 * @example
 * ```ts
 * const dev = webhook({ url: process.env.SLACK_WEBHOOK, template: 'slack' });
 * const pager = webhook({ url: 'https://pager.example.com/alerts', secret: process.env.PAGER_SECRET });
 * ```
 * @throws OptionError for a bad option
 * @publicApi
 */
export function webhook(options: WebhookOptions): AlertSink {
  const { url, name = 'webhook', timeoutMs, retries, retryDelayMs, maxQueued } = options;
  checkUrl(url);
  checkOptions(options, CHECKS, 'webhook()');
  return {
    name: `${name} (${new URL(url).origin}/***)`,
    delivery: { timeoutMs, retries, retryDelayMs, maxQueued },
    send: (alert, signal) => post(options, alert, signal),
  };
}

/** By itself, since an absent address is a fault as well and a bad one must not be shown. */
function checkUrl(url: unknown): void {
  if (!httpUrl.accepts(url)) checkOptions({ url: typeof url === 'string' ? '***' : (url ?? null) }, { url: httpUrl }, 'webhook()');
}

async function post(options: WebhookOptions, alert: Alert, signal: AbortSignal): Promise<void> {
  const { url, template, secret, headers } = options;
  const body = bodyOf(alert, template);
  const isDingTalk = template === 'dingtalk';
  const response = await fetch(isDingTalk && secret ? signedForDingTalk(url, secret, systemClock.now()) : url, {
    method: 'POST',
    body,
    signal,
    redirect: 'error', // a redirect would carry the alert, and its signature, to somewhere else
    headers: {
      'content-type': 'application/json; charset=utf-8',
      'x-nestage-alert-id': alert.id,
      ...headers,
      ...(secret && !isDingTalk ? signatureHeaders(body, secret, systemClock.now()) : {}),
    },
  });
  const answer = await readBounded(response);
  if (!response.ok) throw refused(response.status, response.headers.get('retry-after'));
  if (template === 'dingtalk' || template === 'wecom') refuseErrorCode(answer);
}

function bodyOf(alert: Alert, template: WebhookOptions['template']): string {
  if (typeof template === 'string') return JSON.stringify(TEMPLATES[template](alert));
  if (!template) return JSON.stringify({ ...alert, title: alertTitle(alert), text: alertLines(alert).join('\n') });
  try {
    return JSON.stringify(template(alert)) ?? 'null';
  } catch (error) {
    throw new WebServiceError('its template failed', { code: 'client_error', status: 400, cause: error });
  }
}

/** 4xx but for 408 and 429 stays as it is however often it is tried. */
function refused(status: number, retryAfter: string | null): WebServiceError {
  const message = `it answered ${status}`;
  if (status < 500 && status !== 408 && status !== 429) return new WebServiceError(message, { code: 'client_error', status });
  const seconds = Number(retryAfter);
  return new SystemError(message, { status: 503, retryAfterSeconds: retryAfter && Number.isFinite(seconds) ? seconds : undefined });
}

/** Both chat services answer 200 whatever happened, and tell in the body. */
function refuseErrorCode(answer: string): void {
  const { errcode } = parsed(answer);
  if (typeof errcode === 'number' && errcode !== 0) throw new SystemError(`it answered errcode ${errcode}`);
}

function parsed(answer: string): { readonly errcode?: unknown } {
  try {
    return (JSON.parse(answer) ?? {}) as { readonly errcode?: unknown };
  } catch {
    return {}; // not JSON: nothing to learn
  }
}

/** Reads the answer to its end, so that the connection can be used again, but keeps no more than its head. */
async function readBounded(response: Response): Promise<string> {
  const decoder = new TextDecoder();
  let text = '';
  let bytes = 0;
  for await (const chunk of (response.body ?? []) as AsyncIterable<Uint8Array>) {
    bytes += chunk.byteLength;
    text += decoder.decode(chunk, { stream: true });
    if (bytes > MAX_ANSWER_BYTES) break; // ends the connection
  }
  return text;
}
