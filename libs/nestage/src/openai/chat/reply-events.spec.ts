import { ReplyEvents } from './reply-events.js';

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe(ReplyEvents.name, () => {
  let controller: AbortController;
  /** What the model did, in order. */
  let calls: string[];
  /** Lets the model go on. */
  let goOn: () => void;

  beforeEach(() => {
    controller = new AbortController();
    calls = [];
  });

  async function* model(...texts: readonly string[]): AsyncGenerator<string, void, void> {
    try {
      for (const text of texts) {
        if (text === 'wait') await new Promise<void>((resolve) => (goOn = resolve));
        yield text;
      }
    } finally {
      calls.push('finally');
    }
  }

  const events = (reply: unknown, stop: readonly string[] = []): ReplyEvents =>
    new ReplyEvents({
      reply,
      choice: 0,
      rules: { stop, maxTokens: undefined, tokenizer: undefined, promptTexts: [] },
      signal: controller.signal,
    });

  async function textOf(items: ReplyEvents): Promise<string> {
    let text = '';
    for await (const { piece, finishReason } of items) text += piece?.content ?? `<${finishReason ?? ''}>`;
    return text;
  }

  it.each([
    ['a text', 'ab'],
    ['a promise of a text', Promise.resolve('ab')],
    ['a result', { content: 'ab' }],
  ])('are those of %s', async (_name, reply) => {
    expect(await textOf(events(reply))).toBe('ab<stop>');
  });

  it('end at a stop sequence, when the model has been closed', async () => {
    expect(await textOf(events(model('a', 'b!', 'c'), ['!']))).toBe('ab<stop>');
    expect(calls).toEqual(['finally']);
  });

  it('fail with the reason of the signal, and not before the model has come to rest', async () => {
    let failure: unknown;
    const reading = textOf(events(model('a', 'wait', 'b'))).catch((error: unknown) => (failure = error));
    await turn();
    controller.abort(new Error('gone'));
    await turn();
    expect([failure, calls]).toEqual([undefined, []]);
    goOn();
    await reading;
    expect([failure, calls]).toEqual([new Error('gone'), ['finally']]);
  });

  it('tell an abort that comes between two items to whoever asks next, and then end', async () => {
    const reader = events(model('a', 'b'))[Symbol.asyncIterator]();
    await reader.next();
    controller.abort(new Error('gone'));
    await turn();
    expect(calls).toEqual(['finally']);
    await expect(reader.next()).rejects.toThrow('gone');
    expect((await reader.next()).done).toBe(true);
  });

  it('close a model that comes only after its reader has gone', async () => {
    let give!: (items: AsyncIterable<string>) => void;
    const items = events(new Promise((resolve) => (give = resolve)));
    const reader = items[Symbol.asyncIterator]();
    void reader.next();
    const closing = items.close();
    let returned = 0;
    const next = async (): Promise<IteratorResult<string>> => ({ done: false, value: 'never' });
    const end = async (): Promise<IteratorResult<string>> => (returned++, { done: true, value: undefined });
    give({ [Symbol.asyncIterator]: () => ({ next, return: end }) });
    await closing;
    expect(returned).toBe(1);
  });
});
