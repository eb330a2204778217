import { Readable } from 'node:stream';
import { Inject, Injectable, Scope } from '@nestjs/common';
import { REQUEST } from '@nestjs/core';
import { IsString } from 'class-validator';
import OpenAI from 'openai';
import {
  BinaryResult,
  ModelError,
  RequestRecords,
  ResultCache,
  type StageContext,
  StageEvents,
  type StageEvent,
  StageHandler,
} from 'nestage';
import { ChatCompletionHandler, chatCompletions, type ChatPrompt } from 'nestage/openai';
import { ADAPTERS, startTestService, type TestService } from '../support/test-service.js';
import { until } from '../support/until.js';

interface Ask {
  readonly text: string;
}

/** Counts calls by what they were for, and holds them on demand. */
@Injectable()
class Calls {
  readonly made: string[] = [];
  isHeld = false;
  private held: (() => void)[] = [];

  letGo(): void {
    this.isHeld = false;
    for (const go of this.held.splice(0)) go();
  }

  async note(what: string): Promise<number> {
    const call = this.made.push(what);
    if (this.isHeld) await new Promise<void>((resolve) => this.held.push(resolve));
    return call;
  }
}

const inject = (type: object, ...types: readonly unknown[]): void => Reflect.defineMetadata('design:paramtypes', types, type);
const cache = { ttlMs: 60_000 } as const;

class ChatBase extends ChatCompletionHandler {
  constructor(readonly calls: Calls) {
    super();
  }
  async *run({ text }: ChatPrompt) {
    const call = await this.calls.note(text);
    for (const word of text.split(' ')) yield `${word} `;
    yield `#${call}`;
  }
}

@StageHandler('/v1/chat/completions', { protocol: chatCompletions({ models: ['parrot', 'owl'] }), cache })
class ChatHandler extends ChatBase {}
inject(ChatHandler, Calls);

@StageHandler('/by-text/chat/completions', {
  protocol: chatCompletions({ models: ['parrot', 'owl'] }),
  cache: { ...cache, key: ({ text }: ChatPrompt) => text },
})
class KeyedChatHandler extends ChatBase {}
inject(KeyedChatHandler, Calls);

@StageHandler('/batched', { request: false, cache, batch: { maxSize: 8, maxWaitMs: 2000 } })
class BatchedHandler {
  constructor(readonly calls: Calls) {}
  run() {
    return 'never';
  }
  async runBatch(inputs: readonly Ask[]) {
    const call = await this.calls.note(`batch of ${inputs.length}`);
    return inputs.map(({ text }) => ({ text, call }));
  }
}
inject(BatchedHandler, Calls);

@StageHandler('/bytes', { request: false, cache })
class BytesHandler {
  constructor(readonly calls: Calls) {}
  async run({ text }: Ask) {
    const call = await this.calls.note(text);
    const bytes = Buffer.from(`${text} ${call}`);
    if (text === 'stream') return new BinaryResult(Readable.from([bytes]), { type: 'text/plain' });
    return text === 'buffer' ? bytes : new BinaryResult(bytes, { type: 'text/plain', filename: 'a.txt' });
  }
}
inject(BytesHandler, Calls);

@StageHandler('/degraded', { request: false, cache, fallbackOn: 'error', retry: { attempts: 2, baseMs: 1 } })
class DegradedHandler {
  constructor(readonly calls: Calls) {}
  async run({ text }: Ask) {
    const call = await this.calls.note(text);
    if (text !== 'recovers' || call < 3) throw new ModelError('The model is out of order');
    return { text, call };
  }
  fallback() {
    return { text: 'instead' };
  }
}
inject(DegradedHandler, Calls);

@StageHandler('/effects', { request: false, cache })
class EffectsHandler {
  constructor(readonly calls: Calls) {}
  async run({ text }: Ask, { response }: StageContext) {
    const call = await this.calls.note(text);
    if (text === 'cookie') response.setHeader('set-cookie', `session=${call}`);
    if (text === 'fresh') response.setHeader('cache-control', 'no-store');
    response.status = 203;
    return { call };
  }
}
inject(EffectsHandler, Calls);

class Named {
  @IsString() text: string;
}

@StageHandler('/keyed', {
  request: Named,
  cache: {
    ...cache,
    key: ({ text }: Named, { headers }: StageContext) => (text === 'alone' ? undefined : `${String(headers['x-tenant'])} ${text}`),
  },
})
@StageHandler('/for-all', { request: Named, cache: { ...cache, key: 'input' } })
@StageHandler('/functions', { request: Named, coalesce: true })
class KeyedHandler {
  constructor(readonly calls: Calls) {}
  preProcess(request: Named, { path }: StageContext) {
    return path === '/functions' ? { ...request, onDone: () => undefined } : request;
  }
  async run({ text }: Named) {
    return { call: await this.calls.note(text) };
  }
}
inject(KeyedHandler, Calls);

@StageHandler('/scoped', { request: Named, cache: { ...cache, key: ({ text }: Named) => text } })
@Injectable({ scope: Scope.REQUEST })
class ScopedHandler {
  constructor(
    @Inject(REQUEST) readonly request: { readonly headers: Record<string, string> },
    readonly calls: Calls,
  ) {}
  async run({ text }: Named) {
    return { call: await this.calls.note(text), tenant: this.request.headers['x-tenant'] };
  }
}
inject(ScopedHandler, Object, Calls);

describe.each(ADAPTERS)('shared results among the other rooms on %s', (adapter) => {
  let service: TestService;
  let calls: Calls;
  let events: StageEvent[];

  beforeEach(async () => {
    const providers = [
      ChatHandler,
      KeyedChatHandler,
      BatchedHandler,
      BytesHandler,
      DegradedHandler,
      EffectsHandler,
      KeyedHandler,
      ScopedHandler,
      Calls,
    ];
    service = await startTestService({ adapter, providers });
    calls = service.app.get(Calls);
    const heard: StageEvent[] = [];
    events = heard;
    service.app.get(StageEvents).on((event) => heard.push(event));
  });
  afterEach(async () => {
    calls.letGo();
    await service.close();
  });

  const post = (path: string, text: string, headers: Record<string, string> = {}): Promise<Response> =>
    service.post(path, { text }, { headers });
  const json = async (path: string, text: string, headers?: Record<string, string>): Promise<unknown> =>
    (await post(path, text, headers)).json();
  const outcomes = (): unknown[] => events.flatMap((event) => (event.type === 'cache.lookup' ? event.outcome : []));

  it.each(['/v1', '/by-text'])('gives plain and streamed completions of %s from one run each', async (base) => {
    const client = new OpenAI({ baseURL: service.url + base, apiKey: 'none', maxRetries: 0 });
    const ask = { model: 'parrot', messages: [{ role: 'user' as const, content: 'one two' }] };
    const plain = async (more: object = {}): Promise<string[]> => {
      const { choices } = await client.chat.completions.create({ ...ask, ...more });
      return choices.map(({ message }) => message.content ?? '');
    };
    const streamed = async (): Promise<string> => {
      let text = '';
      for await (const { choices } of await client.chat.completions.create({ ...ask, stream: true }))
        text += choices[0]?.delta.content ?? '';
      return text;
    };
    expect([await plain(), await plain()]).toEqual([['one two #1'], ['one two #1']]);
    expect([await streamed(), await streamed()]).toEqual(['one two #2', 'one two #2']);
    expect(await plain({ n: 2 })).toHaveLength(2);
    expect(await plain({ stop: ['two'] })).toEqual(['one ']);
    expect(await plain({ model: 'owl' })).toEqual(['one two #6']);
    const { id } = await client.chat.completions.create(ask);
    expect((await client.chat.completions.create(ask)).id).not.toBe(id); // made for each request
    expect((await plain({ user: 'someone' }))[0]).toBe(base === '/v1' ? 'one two #7' : 'one two #1');
  });

  it('takes one place in a batch for all who ask the same', async () => {
    const answers = await Promise.all(['a', 'a', 'b', 'b', 'b'].map((text) => json('/batched', text)));
    expect(answers.map((answer) => (answer as Ask).text)).toEqual(['a', 'a', 'b', 'b', 'b']);
    expect(calls.made).toEqual(['batch of 2']);
    expect(await json('/batched', 'b')).toEqual({ text: 'b', call: 1 });
  });

  it('shares bytes, but a stream of bytes with nobody', async () => {
    for (const kind of ['buffer', 'file']) {
      const [first, second] = [await post('/bytes', kind), await post('/bytes', kind)];
      expect([await first.text(), second.headers.get('content-type')]).toEqual([await second.text(), first.headers.get('content-type')]);
    }
    calls.isHeld = true;
    const asked = [1, 2, 3].map(() => post('/bytes', 'stream'));
    await until(() => outcomes().length === 4 + 3);
    calls.letGo();
    const texts = await Promise.all(asked.map(async (each) => (await each).text()));
    expect(texts.sort()).toEqual(['stream 3', 'stream 4', 'stream 5']);
    expect(await (await post('/bytes', 'stream')).text()).toBe('stream 6');
  });

  it("shares a fallback's answer with those who wait, counts its failures once, and does not keep it", async () => {
    calls.isHeld = true;
    const asked = [1, 2, 3].map(() => post('/degraded', 'fails'));
    await until(() => outcomes().length === 3);
    calls.letGo();
    for (const response of await Promise.all(asked)) {
      expect([response.headers.get('x-degraded'), await response.json()]).toEqual(['true', { text: 'instead' }]);
      await until(() => service.app.get(RequestRecords).find(response.headers.get('logid') ?? '') !== undefined);
      expect(service.app.get(RequestRecords).find(response.headers.get('logid') ?? '')).toMatchObject({ isDegraded: true });
    }
    expect([calls.made, events.filter(({ type }) => type === 'retry'), events.filter(({ type }) => type === 'degraded')]).toMatchObject([
      ['fails', 'fails'],
      [{ attempt: 1 }],
      [{ by: 'fallback' }],
    ]);
    await post('/degraded', 'recovers');
    expect([await json('/degraded', 'recovers'), await json('/degraded', 'recovers')]).toEqual(
      Array(2).fill({ text: 'recovers', call: 3 }),
    );
  });

  it('gives the status that run sets to all, and hands a cookie and what run calls no-store to one', async () => {
    expect([(await post('/effects', 'a')).status, (await post('/effects', 'a')).status, calls.made]).toEqual([203, 203, ['a']]);
    const cookies = [await post('/effects', 'cookie'), await post('/effects', 'cookie')].map(({ headers }) => headers.get('set-cookie'));
    expect(cookies).toEqual(['session=2', 'session=3']);
    expect([await json('/effects', 'fresh'), await json('/effects', 'fresh')]).toEqual([{ call: 4 }, { call: 5 }]);
  });

  it('tells requests apart by the key of the user, and forgets by it', async () => {
    const tenant = (name: string): Record<string, string> => ({ 'x-tenant': name, authorization: `Bearer ${Math.random()}` });
    const [a, b, again] = [
      await json('/keyed', 'x', tenant('a')),
      await json('/keyed', 'x', tenant('b')),
      await json('/keyed', 'x', tenant('a')),
    ];
    expect([a, b, again]).toEqual([{ call: 1 }, { call: 2 }, { call: 1 }]);
    expect([await json('/keyed', 'alone'), await json('/keyed', 'alone')]).toEqual([{ call: 3 }, { call: 4 }]);
    const results = service.app.get(ResultCache);
    expect([results.delete('/keyed', 'a x'), results.delete('/keyed', 'a x')]).toEqual([true, false]);
    expect([await json('/keyed', 'x', tenant('a')), await json('/keyed', 'x', tenant('b'))]).toEqual([{ call: 5 }, { call: 2 }]);
    expect([await json('/for-all', 'x', tenant('a')), await json('/for-all', 'x', tenant('b'))]).toEqual([{ call: 6 }, { call: 6 }]);
    expect(() => results.clear('/nowhere')).toThrow("No route '/nowhere' shares results");
    expect(results.paths).toContain('/functions');
  });

  it('does not share what can not be compared, and says so once', async () => {
    const responses = [await post('/functions', 'x'), await post('/functions', 'x')];
    expect(responses.map(({ headers }) => headers.get('cache-status'))).toEqual(['nestage; fwd=bypass', 'nestage; fwd=bypass']);
    expect(calls.made).toHaveLength(2);
    expect(service.log.messages.filter((message) => message.startsWith('Not shared'))).toEqual([
      'Not shared: a function at "input.onDone" can\'t be compared; give "cache" or "coalesce" a "key" (said once)',
    ]);
  });

  it('serves request-scoped handlers by a key of their own', async () => {
    expect(await json('/scoped', 'x', { 'x-tenant': 'a' })).toEqual({ call: 1, tenant: 'a' });
    expect(await json('/scoped', 'x', { 'x-tenant': 'b' })).toEqual({ call: 1, tenant: 'a' });
  });

  it('keeps nothing of a run that was begun before its results were forgotten, and lets nobody join it', async () => {
    calls.isHeld = true;
    const before = json('/for-all', 'x');
    await until(() => calls.made.length === 1);
    service.app.get(ResultCache).clear();
    const after = json('/for-all', 'x');
    await until(() => calls.made.length === 2);
    calls.letGo();
    expect([await before, await after, await json('/for-all', 'x')]).toEqual([{ call: 1 }, { call: 2 }, { call: 2 }]);
  });
});

describe('faults at start of shared results', () => {
  it.each([
    ['is request-scoped', { coalesce: true }, Scope.REQUEST],
    ['"coalesce.key" and "cache.key" differ', { coalesce: { key: 'input' }, cache: { ttlMs: 1, key: 'client' } }, Scope.DEFAULT],
    ['"cache" must be false or an object with ttlMs', { cache: {} as never }, Scope.DEFAULT],
  ] as const)('names the handler that %s', async (message, options, scope) => {
    class FaultyHandler {
      run(): void {}
    }
    StageHandler('/faulty', { request: false, ...options })(FaultyHandler);
    Injectable({ scope })(FaultyHandler);
    await expect(startTestService({ adapter: 'express', providers: [FaultyHandler] })).rejects.toThrow(message);
  });
});
