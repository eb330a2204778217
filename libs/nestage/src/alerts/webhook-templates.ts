import type { Alert } from './alert.js';
import { alertLines, alertTitle } from './alert-text.js';

/** Bodies that well-known chat services understand. @publicApi */
export const WEBHOOK_TEMPLATES = ['slack', 'dingtalk', 'wecom'] as const;

/** @see WEBHOOK_TEMPLATES @publicApi */
export type WebhookTemplateName = (typeof WEBHOOK_TEMPLATES)[number];

/** Makes the body of a webhook; it is sent as JSON. @publicApi */
export type WebhookTemplate = (alert: Alert) => unknown;

/** @see https://api.slack.com/messaging/webhooks */
const slack: WebhookTemplate = (alert) => {
  const title = alertTitle(alert);
  const text = alertLines(alert).map(escapeSlack).join('\n');
  return {
    text: escapeSlack(title),
    blocks: [
      { type: 'header', text: { type: 'plain_text', text: cut(`${MARKS[markOf(alert)]} ${title}`, 150) } },
      { type: 'section', text: { type: 'mrkdwn', text: cut(text, 2900) } },
    ],
  };
};

/** @see https://open.dingtalk.com/document/robots/custom-robot-access */
const dingtalk: WebhookTemplate = (alert) => {
  const title = `${MARKS[markOf(alert)]} ${alertTitle(alert)}`;
  const text = [`### ${escapeMarkdown(title)}`, ...alertLines(alert).map((line) => `- ${escapeMarkdown(line)}`)].join('\n');
  return { msgtype: 'markdown', markdown: { title: cut(title, 150), text: cut(text, 5000) } };
};

/** At most 4096 bytes. @see https://developer.work.weixin.qq.com/document/path/91770 */
const wecom: WebhookTemplate = (alert) => {
  const color = alert.state === 'recovered' ? 'info' : 'warning';
  const title = `### <font color="${color}">${escapeMarkdown(alertTitle(alert))}</font>`;
  const content = [title, ...alertLines(alert).map((line) => `> ${escapeMarkdown(line)}`)].join('\n');
  return { msgtype: 'markdown', markdown: { content: cutBytes(content, 4096) } };
};

/** The ready templates by name. @internal */
export const TEMPLATES: Readonly<Record<WebhookTemplateName, WebhookTemplate>> = { slack, dingtalk, wecom };

const MARKS = { fatal: '🔴', firing: '🟠', recovered: '🟢' } as const;

function markOf({ state, tier }: Alert): keyof typeof MARKS {
  if (state === 'recovered') return 'recovered';
  return tier === 'L4' ? 'fatal' : 'firing';
}

/** Messages may hold what a client sent: it must not mention everyone or hide a link. */
const escapeSlack = (text: string): string => text.replace(/&/g, '&amp;').replace(/</g, '&lt;').replace(/>/g, '&gt;');

/** Neither service knows escapes, so signs that make links, pictures, mentions and markup become their full-width twins. */
const escapeMarkdown = (text: string): string =>
  text.replace(/[<>[\]`*@#]/g, (sign) => String.fromCharCode(sign.charCodeAt(0) + 0xfee0)).replace(/:\/\//g, ':∕∕');

function cut(text: string, maxLength: number): string {
  if (text.length <= maxLength) return text;
  const last = text.charCodeAt(maxLength - 2);
  const isPairSplit = last >= 0xd800 && last <= 0xdbff;
  return `${text.slice(0, maxLength - (isPairSplit ? 2 : 1))}…`;
}

function cutBytes(text: string, maxBytes: number): string {
  if (Buffer.byteLength(text) <= maxBytes) return text;
  // a character that is cut in two decodes to U+FFFD, which is then taken off
  return `${Buffer.from(text)
    .subarray(0, maxBytes - 3)
    .toString()
    .replace(/\ufffd+$/, '')}…`;
}
