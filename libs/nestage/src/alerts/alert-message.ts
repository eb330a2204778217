import { describeThrown } from '../core/errors/describe-thrown.js';

/** Masks secrets in a text. The log's own is plugged in, so that an alert shows no more than the log. @internal */
export type TextMask = (text: string) => string;

const MAX_LENGTH = 500;
const CONTROLS = /[\p{Cc}\p{Zl}\p{Zp}]+/gu;

/** Type and message of anything thrown, as one masked line of at most 500 characters. @internal */
export function alertMessage(thrown: unknown, mask: TextMask): string {
  const { type, message } = describeThrown(thrown);
  return oneLine(message ? `${type}: ${message}` : type, mask);
}

/** A text as one masked line of bounded length; masked before it is cut, since half a key no longer looks like one. @internal */
export function oneLine(text: string, mask: TextMask): string {
  const line = mask(text).replace(CONTROLS, ' ').trim();
  return line.length <= MAX_LENGTH ? line : `${[...line.slice(0, MAX_LENGTH)].slice(0, -1).join('')}…`;
}
