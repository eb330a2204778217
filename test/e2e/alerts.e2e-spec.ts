import { createHmac } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { IsString } from 'class-validator';
import {
  type Alert,
  type AlertsOptions,
  type AlertSink,
  BusinessError,
  FatalError,
  hours,
  logSink,
  minutes,
  ModelError,
  StageHandler,
  verifyWebhook,
  webhook,
} from 'nestage';
import { startTestService, type TestService } from '../support/test-service.js';
import { until } from '../support/until.js';
import { type ReceivedWebhook, WebhookReceiver } from '../support/webhook-receiver.js';

class FailRequest {
  @IsString() how: string;
}

const FAILURES: Record<string, () => unknown> = {
  none: () => undefined,
  business: () => new BusinessError('not now'),
  model: () => new ModelError('upstream sk-live-abcdefgh12345678 refused <!channel>\nsecond line'),
  fatal: () => new FatalError('weights are corrupt'),
  unknown: () => new TypeError('x is undefined'),
  string: () => 'just a string',
};

@StageHandler('/fail', { request: FailRequest, concurrency: 64 })
class FailHandler {
  run({ how }: FailRequest) {
    const failure = FAILURES[how]();
    if (failure !== undefined) throw failure; // eslint-disable-line @typescript-eslint/only-throw-error -- users' code throws what it likes
    return { ok: true };
  }
}

@StageHandler('/other', { request: FailRequest })
class OtherHandler extends FailHandler {}

const RULE = { tier: 'L3', count: 3, withinMs: minutes(1), cooldownMs: hours(1) } as const;

describe('alerts', () => {
  let dev: WebhookReceiver;
  let pager: WebhookReceiver;
  let service: TestService | undefined;

  beforeEach(async () => {
    dev = await new WebhookReceiver().open();
    pager = await new WebhookReceiver().open();
  });

  afterEach(async () => {
    await service?.close();
    service = undefined;
    await Promise.all([dev.close(), pager.close()]);
  });

  const start = async (alerts: AlertsOptions | false | undefined): Promise<TestService> =>
    (service = await startTestService({
      adapter: 'express',
      options: { service: 'shop', alerts },
      providers: [FailHandler, OtherHandler],
    }));
  const fail = async (how: string, times = 1, path = '/fail'): Promise<Response[]> => {
    const answers: Response[] = [];
    for (let each = 0; each < times; each += 1) answers.push((await service?.post(path, { how })) as Response);
    return answers;
  };
  const alertOf = ({ json }: ReceivedWebhook): Alert => json as unknown as Alert;

  it('are off unless asked for', async () => {
    const { log } = await start(undefined);
    await fail('fatal', 3);
    await fail('unknown', 20);
    expect(log.messages.filter((message) => message.startsWith('Alert '))).toEqual([]);
  });

  it('tell once that a rule fires, with what happened and no more than the log shows', async () => {
    await start({ rules: [RULE], sinks: [webhook({ url: dev.url })] });
    const answers = await fail('model', 12);
    const [webhookReceived] = await dev.take(1);
    const alert = alertOf(webhookReceived);
    expect(alert).toMatchObject({
      state: 'firing',
      kind: 'errors',
      service: 'shop',
      rule: 'L3 x3 in 60 s',
      tier: 'L3',
      code: 'model_error',
      handler: 'FailHandler',
      count: 3,
      withinMs: 60_000,
      folded: 0,
      breakdown: [{ code: 'model_error', handler: 'FailHandler', count: 3 }],
      message: 'ModelError: upstream *** refused <!channel> second line',
      changes: [],
    });
    expect(alert.logIds).toEqual(answers.slice(0, 3).map(({ headers }) => headers.get('logid')));
    expect(Date.parse(alert.firstAt)).toBeLessThanOrEqual(Date.parse(alert.lastAt));
    expect(webhookReceived.headers['x-nestage-alert-id']).toBe(alert.id);
    await sleep(100);
    expect(dev.received).toHaveLength(1);
  });

  it('fold duplicates into the next alert, and announce the recovery', async () => {
    await start({ rules: [{ tier: 'L3', count: 2, withinMs: 3000, cooldownMs: 600 }], sinks: [webhook({ url: dev.url })] });
    while (dev.received.length < 2) await fail('model');
    const [first, second] = dev.received.map(alertOf);
    expect([first.state, first.folded]).toEqual(['firing', 0]);
    expect(second.state).toBe('firing');
    expect(second.folded).toBeGreaterThan(0);
    const told = (): Alert[] => dev.received.map(alertOf);
    await until(() => told().at(-1)?.state === 'recovered');
    expect(told().at(-1)).toMatchObject({ state: 'recovered', rule: first.rule, tier: 'L3', count: 0 });
  });

  it('tell L4 at once and by its own route, whatever the rules say', async () => {
    const [toDev, toPager] = [webhook({ url: dev.url }), webhook({ url: pager.url })];
    await start({ rules: [{ ...RULE, count: 1000 }], route: { L3: [toDev], L4: [toPager] } });
    await fail('model', 5);
    await fail('fatal');
    const [first] = await pager.take(1);
    expect(alertOf(first)).toMatchObject({
      tier: 'L4',
      code: 'fatal_error',
      count: 1,
      rule: 'L4 at once',
      message: 'FatalError: weights are corrupt',
    });
    await fail('fatal', 1, '/other');
    expect(alertOf((await pager.take(2))[1])).toMatchObject({ tier: 'L4', handler: 'OtherHandler' });
    await fail('fatal', 3);
    await sleep(100);
    expect([pager.received.length, dev.received.length]).toEqual([2, 0]);
  });

  it('never tell errors of clients by default, and do when a rule names them', async () => {
    await start({ rules: [{ count: 2 }, { code: 'business_error', count: 4 }], sinks: [webhook({ url: dev.url })] });
    await fail('business', 3);
    for (let each = 0; each < 20; each += 1) await service?.post('/fail', '{');
    await sleep(50);
    expect(dev.received).toHaveLength(0);
    await fail('business');
    expect(alertOf((await dev.take(1))[0])).toMatchObject({ tier: 'L2', code: 'business_error', count: 4 });
  });

  it('tell unknown errors by their frequency although no rule counts them', async () => {
    await start({ rules: [{ handler: '/other' }], sinks: [webhook({ url: dev.url })] });
    await fail('unknown', 5);
    await fail('string', 4);
    await sleep(50);
    expect(dev.received).toHaveLength(0);
    await fail('string');
    expect(alertOf((await dev.take(1))[0])).toMatchObject({ code: 'internal_error', count: 10, message: 'TypeError: x is undefined' });
  });

  it('are signed so that a receiver can verify them', async () => {
    const secret = 'between-us';
    await start({ sinks: [webhook({ url: dev.url, secret })] });
    await fail('fatal');
    const [{ body, headers }] = await dev.take(1);
    expect(verifyWebhook({ body, headers, secret })).toBe(true);
    expect(verifyWebhook({ body: `${body} `, headers, secret })).toBe(false);
    expect(verifyWebhook({ body, headers, secret: 'another' })).toBe(false);
    expect(verifyWebhook({ body, headers, secret, nowMs: Date.now() + hours(1) })).toBe(false);
    const timestamp = headers['x-nestage-timestamp'] as string;
    const expected = createHmac('sha256', secret).update(`${timestamp}.${body}`).digest('hex');
    expect(headers['x-nestage-signature']).toBe(`sha256=${expected}`);
  });

  it('speak as Slack, DingTalk and WeCom expect', async () => {
    const secret = 'SEC0123';
    const sinks = [
      webhook({ url: dev.url, template: 'slack' }),
      webhook({ url: pager.url, template: 'dingtalk', secret }),
      webhook({ url: `${dev.url}&wecom`, template: 'wecom' }),
      webhook({ url: `${dev.url}&own`, template: ({ tier, message }) => ({ severity: tier, summary: message }) }),
    ];
    dev.answer = { status: 200, body: '{"errcode":0,"errmsg":"ok"}' };
    pager.answer = dev.answer;
    await start({ rules: [{ ...RULE, count: 1 }], sinks });
    await fail('model');
    const received = await dev.take(3);
    // eslint-disable-next-line @typescript-eslint/no-explicit-any -- bodies of three services
    const bodyAt = (mark: string): any => received.find(({ url }) => url.endsWith(mark))?.json;
    const slack = bodyAt('key=secret-key');
    expect(slack.text).toBe('[L3] shop: 1 error in 60 s (FailHandler, model_error)');
    expect(slack.blocks.map(({ type }: { type: string }) => type)).toEqual(['header', 'section']);
    expect(slack.blocks[1].text.text).toContain('message: ModelError: upstream *** refused &lt;!channel&gt; second line');
    expect(bodyAt('wecom')).toMatchObject({ msgtype: 'markdown', markdown: { content: expect.stringContaining('refused ＜!channel＞') } });
    expect(bodyAt('own')).toEqual({ severity: 'L3', summary: expect.stringContaining('ModelError') });
    const [dingtalk] = await pager.take(1);
    expect(dingtalk.json).toMatchObject({
      msgtype: 'markdown',
      markdown: { title: expect.stringContaining('[L3] shop'), text: expect.stringContaining('- log ids: ') },
    });
    const { searchParams } = new URL(dingtalk.url, pager.url);
    const timestamp = searchParams.get('timestamp') as string;
    expect(searchParams.get('key')).toBe('secret-key');
    expect(searchParams.get('sign')).toBe(createHmac('sha256', secret).update(`${timestamp}\n${secret}`).digest('base64'));
    expect(dingtalk.headers['x-nestage-signature']).toBeUndefined();
  });

  it('take the word of chat services that answer 200 to a refusal', async () => {
    dev.answer = { status: 200, body: '{"errcode":310000,"errmsg":"sign not match"}' };
    const { log } = await start({ sinks: [webhook({ url: dev.url, template: 'dingtalk', retries: 1, retryDelayMs: 1 })] });
    await fail('fatal');
    await dev.take(2);
    await until(() => log.messages.some((message) => message.includes('errcode 310000')));
  });

  it('try again after a failure, with the same id', async () => {
    dev.answer = { status: 500 };
    await start({ sinks: [webhook({ url: dev.url, retryDelayMs: 20 })] });
    await fail('fatal');
    await dev.take(2);
    dev.answer = { status: 200 };
    const [first, , third] = await dev.take(3);
    expect(third.headers['x-nestage-alert-id']).toBe(first.headers['x-nestage-alert-id']);
    await sleep(200);
    expect(dev.received).toHaveLength(3);
  });

  it('do not touch requests when a sink is down: told once, without its address, and again when it works', async () => {
    const { port } = dev;
    const url = dev.url;
    await dev.close();
    const rules = [{ code: 'model_error', count: 1, cooldownMs: 0 } as const];
    const { log } = await start({ rules, sinks: [webhook({ url, name: 'dev', retries: 1, retryDelayMs: 5, maxQueued: 10 })] });
    const answers = await fail('model', 50);
    expect(answers.map(({ status }) => status)).toEqual(new Array(50).fill(502));
    expect((await fail('none'))[0].status).toBe(200);
    const told = (): string[] => log.messages.filter((message) => /Alerts (don't )?reach/.test(message));
    await until(() => told().length > 0);
    await sleep(150);
    expect(told()).toEqual([expect.stringContaining(`Alerts don't reach dev (http://127.0.0.1:${port}/***): `)]);
    expect(log.messages.join()).not.toMatch(/secret-path|secret-key/);
    dev = await new WebhookReceiver().open(port);
    await fail('model');
    await until(() => told().length > 1);
    expect(told()[1]).toMatch(/Alerts reach dev \(.*\) again; \d+ were lost/);
  });

  it('queue a bounded number while a sink hangs, and lose the oldest', async () => {
    const seen: string[] = [];
    let release: () => void = () => undefined;
    const slow: AlertSink = {
      name: 'slow',
      delivery: { maxQueued: 5, timeoutMs: minutes(1) },
      send: async ({ logIds: [logId] }) => {
        seen.push(logId);
        if (seen.length === 1) await new Promise<void>((resolve) => (release = resolve));
      },
    };
    const { log } = await start({ rules: [{ code: 'model_error', count: 1, cooldownMs: 0 }], sinks: [slow] });
    const ids = (await fail('model', 40)).map(({ headers }) => headers.get('logid'));
    await until(() => seen.length === 1);
    await until(() => log.messages.some((message) => message.includes('more than 5 alerts wait')));
    release();
    await until(() => seen.length >= 6);
    await sleep(50);
    expect(seen.length).toBeLessThanOrEqual(6);
    expect(ids).toEqual(expect.arrayContaining(seen));
  });

  it('never wait for a sink: it is called outside of the request and may block, throw or never answer', async () => {
    const calls: string[] = [];
    const throwing: AlertSink = {
      name: 'throwing',
      delivery: { retries: 0 },
      send: () => {
        calls.push('throwing');
        throw new Error('broken sink password=hunter2hunter2');
      },
    };
    dev.answer = undefined;
    const hanging = webhook({ url: dev.url, timeoutMs: 3000, retries: 0 });
    const { log } = await start({ sinks: [throwing, hanging], drainMs: 100 });
    expect((await fail('fatal'))[0].status).toBe(500);
    expect(log.messages.join()).not.toContain('no answer within');
    await until(() => log.messages.filter((message) => message.startsWith("Alerts don't reach")).length === 2);
    const told = log.records.filter(({ message }) => message.startsWith("Alerts don't reach"));
    expect(told.map(({ logId }) => logId)).toEqual(['default', 'default']);
    expect(told[0].message).toContain('broken sink password=***');
    expect(told[1].message).toContain('no answer within 3000 ms');
  });

  it('are written to the log where no sink is named', async () => {
    const { log } = await start({});
    await fail('fatal');
    await until(() => log.messages.some((message) => message.startsWith('Alert ')));
    const line = log.records.find(({ message }) => message.startsWith('Alert '));
    expect(line).toMatchObject({ level: 'FATAL', logId: 'default' });
    expect(line?.message).toContain(
      '[L4] shop: 1 error in 300 s (FailHandler, fatal_error); rule: L4 at once; message: FatalError: weights',
    );
  });

  it('are sent at shutdown within a bounded time', async () => {
    pager.answer = undefined;
    const sinks = [webhook({ url: dev.url }), webhook({ url: pager.url, timeoutMs: hours(1) }), logSink()];
    const { log, close } = await start({ sinks, drainMs: 3000 });
    await fail('fatal');
    await close();
    service = undefined;
    expect(dev.received).toHaveLength(1);
    const lost = log.messages.findIndex((message) => message.includes('the service has stopped'));
    expect(lost).toBeGreaterThan(0);
    expect(lost).toBeLessThan(log.messages.indexOf('Web service stopped'));
  });

  it('tell an anomaly with what changed beside it, and that it is over', async () => {
    // A minute is 100 ms here: thirty samples to learn from, then an error burst.
    const intervalMs = 100;
    await start({
      rules: [{ anomaly: 'errorRate', intervalMs, minRequests: 2 }],
      sinks: [webhook({ url: dev.url })],
    });
    const phase = async (how: string, isOver: (rounds: number) => boolean): Promise<void> => {
      for (let rounds = 0; !isOver(rounds); rounds++) {
        await Promise.all([fail(how, 2), fail('none', 2)]);
        await sleep(10);
      }
    };
    const learnt = Date.now() + 4500;
    await phase('none', (rounds) => rounds > 60 && Date.now() > learnt);
    expect(dev.received).toHaveLength(0);
    await phase('model', () => dev.received.length > 0);
    const alert = alertOf(dev.received[0]);
    expect(alert).toMatchObject({ kind: 'anomaly', state: 'firing', tier: 'L3', handler: 'FailHandler', rule: 'errorRate 4 sigma' });
    expect(alert.anomaly).toMatchObject({ signal: 'errorRate' });
    expect(alert.anomaly?.observed).toBeGreaterThan(0.05);
    expect(alert.logIds.length).toBeGreaterThan(0);
    await phase('none', () => dev.received.some(({ json }) => json.state === 'recovered'));
  });
});
