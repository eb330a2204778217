import type { StageContext } from '../../core/context/stage-context.js';
import type { Tokenizer } from '../tokenizer.js';
import type { ChatCompletionRequest } from './chat-completion.dto.js';
import { ChatEvent, WholeReply } from './chat-event.js';
import { stopsOf, textOf, tokenLimitOf } from './chat-prompt.js';
import { brokenJson, checked, isJsonFormat, type JsonRepair, notJson } from './json-replies.js';
import { MergedItems } from './merged-items.js';
import { ReplyEvents } from './reply-events.js';
import type { ReplyRules } from './reply-shaper.js';

/** @internal */
export interface ChatRunInit {
  readonly request: Partial<ChatCompletionRequest>;
  readonly input: unknown;
  readonly context: StageContext;
  /** The handler's own `run`. */
  readonly next: (input: unknown) => unknown;
  readonly tokenizer: Tokenizer | undefined;
  readonly repair: JsonRepair | undefined;
}

/**
 * Runs a chat handler as often as choices are asked for, holds each reply to what the client asked for, and gives their events: as a
 * stream for a client that reads one, else all at once.
 * @internal
 */
export function runChat(init: ChatRunInit): AsyncIterable<ChatEvent> | Promise<WholeReply> {
  const choices = Array.from({ length: init.request.n ?? 1 }, (_, choice) => choiceEvents(init, choice));
  const events = choices.length === 1 ? choices[0] : new MergedItems(choices);
  return init.request.stream === true ? events : whole(events);
}

/** The rules that a request sets for its replies. */
function rulesOf(request: Partial<ChatCompletionRequest>, tokenizer: Tokenizer | undefined): ReplyRules {
  const promptTexts = tokenizer ? (request.messages ?? []).map(textOf) : [];
  return { stop: stopsOf(request), maxTokens: tokenLimitOf(request), tokenizer, promptTexts };
}

const whole = async (events: AsyncIterable<ChatEvent>): Promise<WholeReply> => WholeReply.of(await all(events));

async function all(events: AsyncIterable<ChatEvent>): Promise<readonly ChatEvent[]> {
  const list: ChatEvent[] = [];
  for await (const event of events) list.push(event);
  return list;
}

function choiceEvents({ request, input, context, next, tokenizer, repair }: ChatRunInit, choice: number): AsyncIterable<ChatEvent> {
  const format = request.response_format;
  const rules = rulesOf(request, tokenizer);
  const attempt = (given: unknown): AsyncIterable<ChatEvent> =>
    new ReplyEvents({ reply: next(given), choice, rules, signal: context.signal });
  if (!format || !isJsonFormat(format)) return attempt(input);
  if (!repair) return checked(attempt(input), format);
  return repaired(attempt, { input, format, repair, context });
}

type Repaired = Required<Pick<ChatRunInit, 'context' | 'input'>> & {
  readonly format: NonNullable<ChatCompletionRequest['response_format']>;
  readonly repair: JsonRepair;
};

/** Nothing is told before it has been checked, so that a second reply can take the place of the first. */
async function* repaired(
  attempt: (input: unknown) => AsyncIterable<ChatEvent>,
  { input, format, repair, context }: Repaired,
): AsyncGenerator<ChatEvent, void, void> {
  const events = await all(attempt(input));
  const broken = brokenJson(events, format);
  if (!broken) return yield* events;
  context.logger.warn(`The reply breaks its response_format and is asked for again: ${broken.fault}`);
  const second = await all(attempt(repair(input, broken)));
  const stillBroken = brokenJson(second, format);
  if (stillBroken) throw notJson(stillBroken);
  yield* second;
}
