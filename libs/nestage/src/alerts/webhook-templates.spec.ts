import type { Alert } from './alert.js';
import { TEMPLATES } from './webhook-templates.js';

const ALERT: Alert = {
  id: '1',
  state: 'firing',
  kind: 'errors',
  service: 'shop',
  rule: 'L3 x3 in 60 s',
  tier: 'L3',
  code: 'model_error',
  handler: 'SummaryHandler',
  breakdown: [
    { code: 'model_error', handler: 'SummaryHandler', count: 2 },
    { code: 'system_error', handler: undefined, count: 1 },
  ],
  count: 3,
  withinMs: 60_000,
  folded: 7,
  firstAt: '2024-01-01T00:00:00.000Z',
  lastAt: '2024-01-01T00:00:09.000Z',
  logIds: ['17', '18'],
  message: 'ModelError: <@all> [click](https://evil.example) *bold*',
  anomaly: undefined,
  changes: [],
};

const ANOMALY: Alert = {
  ...ALERT,
  kind: 'anomaly',
  message: '',
  folded: 0,
  breakdown: [],
  anomaly: { signal: 'latency', observed: 480.4, expected: 120.2, sigma: 8.123 },
  changes: ['p95 of run rose from 150 to 600 ms'],
};

describe('the templates of chat services', () => {
  it('tell the whole story in Slack blocks', () => {
    expect(TEMPLATES.slack(ALERT)).toEqual({
      text: '[L3] shop: 3 errors in 60 s (SummaryHandler, model_error)',
      blocks: [
        { type: 'header', text: { type: 'plain_text', text: '🟠 [L3] shop: 3 errors in 60 s (SummaryHandler, model_error)' } },
        {
          type: 'section',
          text: {
            type: 'mrkdwn',
            text: [
              'rule: L3 x3 in 60 s',
              'errors: model_error SummaryHandler 2, system_error - 1',
              'message: ModelError: &lt;@all&gt; [click](https://evil.example) *bold*',
              'first: 2024-01-01T00:00:00.000Z, last: 2024-01-01T00:00:09.000Z',
              'folded: 7 more since the previous alert',
              'log ids: 17, 18',
            ].join('\n'),
          },
        },
      ],
    });
  });

  it('let no message make a link, a mention or markup in Markdown', () => {
    for (const name of ['dingtalk', 'wecom'] as const) {
      const body = JSON.stringify(TEMPLATES[name](ALERT));
      expect(body).toContain('ModelError: ＜＠all＞ ［click］(https:∕∕evil.example) ＊bold＊');
    }
  });

  it('tell an anomaly with what changed, and its end', () => {
    const { text } = TEMPLATES.slack(ANOMALY) as { text: string };
    expect(text).toBe('[L3] shop: latency of SummaryHandler is 480 ms instead of 120 ms (8.12 sigma)'.replace(/>/g, '&gt;'));
    expect(JSON.stringify(TEMPLATES.wecom(ANOMALY))).toContain('> changed: p95 of run rose from 150 to 600 ms');
    const over = TEMPLATES.dingtalk({ ...ANOMALY, state: 'recovered' }) as { markdown: { title: string } };
    expect(over.markdown.title).toBe('🟢 [recovered, L3] shop: latency of SummaryHandler is back at 480 ms');
    const burst = { ...ANOMALY, anomaly: { signal: 'errorRate', observed: 0.25, expected: 0.00321, sigma: 9 } } as const;
    expect((TEMPLATES.slack(burst) as { text: string }).text).toContain('error rate of SummaryHandler is 25 % instead of 0.321 %');
    const quiet = TEMPLATES.slack({ ...ALERT, state: 'recovered', count: 0 }) as { text: string };
    expect(quiet.text).toBe('[recovered, L3] shop: now 0 errors in 60 s (SummaryHandler, model_error)');
  });

  it('stay within the lengths that the services take', () => {
    const long: Alert = { ...ALERT, service: '名'.repeat(400), message: '😀'.repeat(4000) };
    const slack = TEMPLATES.slack(long) as { blocks: { text: { text: string } }[] };
    expect(slack.blocks[0].text.text.length).toBeLessThanOrEqual(150);
    expect(slack.blocks[1].text.text.length).toBeLessThanOrEqual(3000);
    const wecom = TEMPLATES.wecom(long) as { markdown: { content: string } };
    expect(Buffer.byteLength(wecom.markdown.content)).toBeLessThanOrEqual(4096);
    expect(wecom.markdown.content).not.toContain('\ufffd');
    const dingtalk = TEMPLATES.dingtalk(long) as { markdown: { text: string } };
    expect(dingtalk.markdown.text.length).toBeLessThanOrEqual(5000);
  });
});
