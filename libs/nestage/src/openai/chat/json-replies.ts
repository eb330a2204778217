import { itemsOf } from '../../common/items/iterator-items.js';
import { MappedItems } from '../../common/items/item-stage.js';
import { ModelError } from '../../core/errors/service-errors.js';
import { isRecord } from '../../common/type-guards.js';
import { jsonFault, type JsonSchema } from '../json/check-json.js';
import type { ChatEvent } from './chat-event.js';
import type { ResponseFormat } from './chat-tools.dto.js';
import { chatMessage, ChatPrompt } from './chat-prompt.js';

/** A reply that is not the JSON that was asked for. @publicApi */
export interface BrokenJson {
  /** What the model said. */
  readonly text: string;
  /** What is wrong with it: `$.price must be a number`. */
  readonly fault: string;
}

/** Makes of an input of `run` one that asks the model to put its reply right. @publicApi */
export type JsonRepair = (input: unknown, broken: BrokenJson) => unknown;

/** What is wrong with a text that is to be JSON of this format; `undefined` where nothing is, or another format is asked for. @internal */
export function formatFault(text: string, format: ResponseFormat | null | undefined): string | undefined {
  if (!isJsonFormat(format)) return undefined;
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return 'the reply is not JSON';
  }
  if (format?.type === 'json_object') return isRecord(value) ? undefined : '$ must be an object';
  const schema = format?.json_schema?.schema as JsonSchema | null | undefined;
  return schema === null || schema === undefined ? undefined : jsonFault(value, schema);
}

/** @internal */
export const isJsonFormat = (format: ResponseFormat | null | undefined): boolean => !!format && format.type !== 'text';

/**
 * Passes a reply on and holds its end until its text has been found to be what was asked for. A reply that was cut off, calls tools or
 * refuses is told by its finish reason and not held to it.
 * @throws ModelError `invalid_response` in place of the end
 * @internal
 */
export function checked(events: AsyncIterable<ChatEvent>, format: ResponseFormat): AsyncIterable<ChatEvent> {
  const passed: ChatEvent[] = [];
  return new MappedItems(itemsOf(events), (event) => {
    passed.push(event);
    const broken = event.finishReason === undefined ? undefined : brokenJson(passed, format);
    if (broken) throw notJson(broken);
    return event;
  });
}

/** What is wrong with a whole reply of one choice, if anything is. @internal */
export function brokenJson(events: readonly ChatEvent[], format: ResponseFormat): BrokenJson | undefined {
  const isHeldTo = events.at(-1)?.finishReason === 'stop' && !events.some(({ piece }) => piece?.refusal);
  if (!isHeldTo) return undefined;
  const text = events.map(({ piece }) => piece?.content ?? '').join('');
  const fault = formatFault(text, format);
  return fault === undefined ? undefined : { text, fault };
}

/** @internal */
export const notJson = ({ fault }: BrokenJson): ModelError =>
  new ModelError(`The reply breaks its response_format: ${fault}`, { code: 'invalid_response' });

/** Shows the model its own reply and what is wrong with it; an input that is no `ChatPrompt` is tried again as it is. @internal */
export const askAgain: JsonRepair = (input, { text, fault }) =>
  input instanceof ChatPrompt
    ? input.with(
        chatMessage('assistant', text),
        chatMessage('user', `That is not the JSON that was asked for: ${fault}. Answer again, with the corrected JSON and nothing else.`),
      )
    : input;
