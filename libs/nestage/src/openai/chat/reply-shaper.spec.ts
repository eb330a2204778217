import fc from 'fast-check';
import type { ChatEvent } from './chat-event.js';
import type { ChatDelta, ChatItem } from './chat-reply.js';
import { type ReplyRules, ReplyShaper } from './reply-shaper.js';

const characters = { split: (text: string) => [...text] };
const rules = (given: Partial<ReplyRules> = {}): ReplyRules => ({
  stop: [],
  maxTokens: undefined,
  tokenizer: undefined,
  promptTexts: [],
  ...given,
});

function shaped(items: readonly ChatItem[], given?: Partial<ReplyRules>): readonly ChatEvent[] {
  const shaper = new ReplyShaper(0, rules(given));
  const events: ChatEvent[] = [];
  for (const item of items) {
    const event = shaper.push(item);
    if (event) events.push(event);
    if (shaper.isOver) break;
  }
  return [...events, ...shaper.end()];
}

const textOf = (events: readonly ChatEvent[]): string => events.map(({ piece }) => piece?.content ?? '').join('');
const reasonOf = (events: readonly ChatEvent[]): string | undefined => events.at(-1)?.finishReason;

/** A text of few letters, so that stop sequences occur, with characters outside of ASCII. */
const text = fc.array(fc.constantFrom('a', 'b', 'c', '付', '🧾', ' '), { maxLength: 40 }).map((letters) => letters.join(''));
const stops = fc.array(
  fc.array(fc.constantFrom('a', 'b', 'c', '🧾'), { minLength: 1, maxLength: 4 }).map((letters) => letters.join('')),
  { maxLength: 3 },
);

/** Any way to cut something. */
const cut = <T extends { length: number; slice(from: number, to: number): T }>(whole: T, seeds: readonly number[]): T[] => {
  const places = [...new Set(seeds.map((seed) => seed % (whole.length + 1)))].sort((a, b) => a - b);
  return [...places, whole.length].map((end, index) => whole.slice(index === 0 ? 0 : places[index - 1], end));
};

describe(ReplyShaper.name, () => {
  it('gives the same text however a stream is cut, as strings or as bytes', () => {
    fc.assert(
      fc.property(text, stops, fc.array(fc.nat()), (whole, stop, seeds) => {
        const reference = stop.map((each) => whole.indexOf(each)).filter((index) => index >= 0);
        const wanted = reference.length > 0 ? whole.slice(0, Math.min(...reference)) : whole;
        for (const items of [cut(whole, seeds), cut(Buffer.from(whole), seeds)]) {
          const events = shaped(items, { stop });
          expect(textOf(events)).toBe(wanted);
          expect(reasonOf(events)).toBe('stop');
          for (const { piece } of events) expect(piece?.content ?? '').not.toMatch(/^[\udc00-\udfff]|[\ud800-\udbff]$/);
        }
      }),
    );
  });

  it('never lets more tokens through than the limit, and cuts nothing short that keeps it', () => {
    fc.assert(
      fc.property(text, fc.integer({ min: 1, max: 45 }), fc.array(fc.nat()), (whole, maxTokens, seeds) => {
        const events = shaped(cut(whole, seeds), { tokenizer: characters, maxTokens });
        const letters = [...whole];
        expect(textOf(events)).toBe(letters.slice(0, maxTokens).join(''));
        expect(reasonOf(events)).toBe(letters.length > maxTokens ? 'length' : 'stop');
        expect(events.at(-1)?.usage).toEqual({ promptTokens: 0, completionTokens: Math.min(letters.length, maxTokens) });
      }),
    );
  });

  it('has one end, and it is last', () => {
    fc.assert(
      fc.property(fc.array(text), stops, (items, stop) => {
        const events = shaped(items, { stop });
        expect(events.map(({ finishReason }) => finishReason !== undefined)).toEqual([...events.slice(1).map(() => false), true]);
      }),
    );
  });

  it('lets a stop sequence that ends within the limit count before it', () => {
    expect(reasonOf(shaped(['ab'], { stop: ['b'], tokenizer: characters, maxTokens: 2 }))).toBe('stop');
    expect(reasonOf(shaped(['ab'], { stop: ['b'], tokenizer: characters, maxTokens: 1 }))).toBe('length');
  });

  it('takes the last finish reason and usage that the model tells, and counts where it tells none', () => {
    const usage = { promptTokens: 1, completionTokens: 2 };
    const told = shaped(['a', { finishReason: 'content_filter' }, { usage }], { tokenizer: characters });
    expect(told.at(-1)).toMatchObject({ finishReason: 'content_filter', usage });
    expect(shaped(['abc'], { tokenizer: characters, promptTexts: ['ab', ''] }).at(-1)?.usage).toEqual({
      promptTokens: 2,
      completionTokens: 3,
    });
    expect(shaped(['abc']).at(-1)?.usage).toBeUndefined();
  });

  it('tells nothing of a tool call before its name, and gives it an id', () => {
    const deltas: ChatDelta[] = [
      { toolCalls: [{ index: 0, arguments: '{"a"' }] },
      { toolCalls: [{ index: 0, name: 'f' }] },
      { toolCalls: [{ index: 0, arguments: ':1}' }] },
    ];
    const events = shaped(deltas);
    expect(events.map(({ piece }) => piece?.toolCalls)).toEqual([
      [{ index: 0, id: expect.stringMatching(/^call_\w{32}$/), name: 'f', arguments: '{"a"' }],
      [{ index: 0, arguments: ':1}' }],
      undefined,
    ]);
    expect(reasonOf(events)).toBe('tool_calls');
  });

  it('refuses a call that never gets a name, and what is no part of a reply', () => {
    expect(() => shaped([{ toolCalls: [{ index: 2, arguments: '{}' }] }])).toThrow('The model called tool 2 without naming it');
    for (const [bad, name] of [
      [3, 'a number'],
      [null, 'null'],
      [['a'], 'an array'],
      [{ content: 1 }, 'an object'],
    ] as const)
      expect(() => shaped([bad as unknown as ChatItem])).toThrow(`run must give texts or objects with "content", got ${name}`);
  });

  it('writes half a character at the end as the sign for an unknown one', () => {
    expect(textOf(shaped(['a\ud83e']))).toBe('a\ufffd');
    expect(textOf(shaped([Buffer.from('€').subarray(0, 2)]))).toBe('\ufffd');
  });
});
