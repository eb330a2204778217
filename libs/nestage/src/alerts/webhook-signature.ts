import { createHmac, timingSafeEqual } from 'node:crypto';
import { minutes } from '../common/duration.js';

/** Unix time in seconds at which a webhook was signed. @publicApi */
export const WEBHOOK_TIMESTAMP_HEADER = 'x-nestage-timestamp';

/** `sha256=` and the signature in hexadecimal. @publicApi */
export const WEBHOOK_SIGNATURE_HEADER = 'x-nestage-signature';

/** The two headers of a signed webhook: HMAC-SHA256 over `<timestamp>.<body>`. @internal */
export function signatureHeaders(body: string, secret: string, nowMs: number): Readonly<Record<string, string>> {
  const timestamp = String(Math.floor(nowMs / 1000));
  return { [WEBHOOK_TIMESTAMP_HEADER]: timestamp, [WEBHOOK_SIGNATURE_HEADER]: signatureOf(body, secret, timestamp) };
}

/** What a receiver of webhooks knows. @publicApi */
export interface WebhookVerification {
  /** The body as it came, before it is parsed. */
  readonly body: string;
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
  readonly secret: string;
  /** Longest difference between the signing and now. @default 300 000 */
  readonly toleranceMs?: number;
  /** Milliseconds since 1970. @default Date.now() */
  readonly nowMs?: number;
}

/**
 * Whether a webhook was signed with the secret, and lately: for receivers of alerts. Never throws.
 *
 * @example
 * ```ts
 * if (!verifyWebhook({ body: rawBody, headers: request.headers, secret })) throw new ForbiddenException();
 * ```
 * @publicApi
 */
export function verifyWebhook({ body, headers, secret, toleranceMs = minutes(5), nowMs = Date.now() }: WebhookVerification): boolean {
  const timestamp = headers[WEBHOOK_TIMESTAMP_HEADER];
  const given = headers[WEBHOOK_SIGNATURE_HEADER];
  if (typeof timestamp !== 'string' || typeof given !== 'string' || !/^\d{1,12}$/.test(timestamp)) return false;
  if (Math.abs(nowMs - Number(timestamp) * 1000) > toleranceMs) return false;
  const [expected, actual] = [Buffer.from(signatureOf(body, secret, timestamp)), Buffer.from(given)];
  return expected.length === actual.length && timingSafeEqual(expected, actual);
}

/**
 * The address with DingTalk's two query fields: HMAC-SHA256 over `<ms>\n<secret>`, base64.
 * @see https://open.dingtalk.com/document/robots/customize-robot-security-settings
 * @internal
 */
export function signedForDingTalk(url: string, secret: string, nowMs: number): string {
  const signed = new URL(url);
  signed.searchParams.set('timestamp', String(nowMs));
  signed.searchParams.set('sign', createHmac('sha256', secret).update(`${nowMs}\n${secret}`).digest('base64'));
  return signed.href;
}

function signatureOf(body: string, secret: string, timestamp: string): string {
  return `sha256=${createHmac('sha256', secret).update(`${timestamp}.${body}`).digest('hex')}`;
}
