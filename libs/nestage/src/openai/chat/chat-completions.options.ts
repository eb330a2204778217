import { checkOptions, either, integer, object, type OptionCheck, OptionError, typed } from '../../common/option-checks.js';
import { seconds } from '../../common/duration.js';
import type { Tokenizer } from '../tokenizer.js';
import { askAgain, type JsonRepair } from './json-replies.js';

/** @publicApi */
export interface ChatCompletionsOptions {
  /**
   * Ids that the route answers to, as a list or as the keys of what `chatModels()` takes; a request that names none gets the first, and
   * one that names another 404 `model_not_found`.
   */
  readonly models: readonly [string, ...string[]] | Readonly<Record<string, unknown>>;
  /**
   * Counts tokens where the model does not: cuts the reply at the client's `max_completion_tokens`, and tells the usage when `run` tells
   * none. Without it both are the model's business.
   */
  readonly tokenizer?: Tokenizer;
  /** Most choices (`n`) of one request: `run` is called once for each, side by side. 1 refuses the rest with 400. @default 8 */
  readonly maxChoices?: number;
  /**
   * Whether a reply that is not the JSON its client asked for is asked for once more: `true` shows the model its reply and the fault,
   * a function makes the second input itself. Such replies are streamed only when they are whole. @default false (`invalid_response` at once)
   */
  readonly repairJson?: boolean | JsonRepair;
  /** Longest silence of a stream, in milliseconds, before a comment line keeps it alive; from its first item on. @default 15 000 */
  readonly heartbeatMs?: number;
}

/** @internal */
export interface ResolvedChatOptions {
  readonly models: readonly string[];
  readonly tokenizer: Tokenizer | undefined;
  readonly maxChoices: number;
  readonly repair: JsonRepair | undefined;
  readonly heartbeatMs: number;
}

/** @internal */
export const modelIds: OptionCheck = {
  describe: 'a list of at least one model id, or an object with ids as its keys',
  accepts: (value) => {
    const ids: readonly unknown[] = Array.isArray(value) ? value : object.accepts(value) ? Object.keys(value as object) : [];
    return ids.length > 0 && ids.every((id) => typeof id === 'string' && id !== '');
  },
};

/** @internal */
export const tokenizerCheck: OptionCheck = {
  describe: 'an object with split(text)',
  accepts: (value) => typeof (value as Partial<Tokenizer> | null)?.split === 'function',
};

const CHECKS: Readonly<Record<string, OptionCheck>> = {
  models: modelIds,
  tokenizer: tokenizerCheck,
  maxChoices: integer(1, 128),
  repairJson: either(typed('boolean'), typed('function')),
  heartbeatMs: integer(1, 2 ** 31 - 1),
};

/** @throws OptionError @internal */
export function resolveChatOptions(given: ChatCompletionsOptions): ResolvedChatOptions {
  if (given?.models === undefined) throw new OptionError('"models" must name at least one model id (set it in chatCompletions()).');
  checkOptions(given, CHECKS, 'chatCompletions()');
  const { models, tokenizer, maxChoices, repairJson, heartbeatMs } = given;
  return {
    models: idsOf(models),
    tokenizer,
    maxChoices: maxChoices ?? 8,
    repair: repairJson === true ? askAgain : repairJson || undefined,
    heartbeatMs: heartbeatMs ?? seconds(15),
  };
}

/** @internal */
export const idsOf = (models: ChatCompletionsOptions['models']): readonly string[] =>
  Array.isArray(models) ? (models as readonly string[]) : Object.keys(models);
