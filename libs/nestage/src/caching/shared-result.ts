import { Readable } from 'node:stream';
import { isAsyncIterable } from '../common/type-guards.js';
import type { RequestContext } from '../core/context/request-context.js';
import type { StageContext } from '../core/context/stage-context.js';
import { FinishedResult } from '../core/pipeline/finished-result.js';
import { StageStream } from '../core/pipeline/stage-stream.js';
import { toBinaryResult } from '../core/stage/binary-result.js';

/** What a `run` set besides its result: on the reply, and in the state that later stages read. @internal */
export interface RunEffects {
  readonly status: number | undefined;
  readonly headers: readonly (readonly [name: string, value: string | number | readonly string[]])[];
  readonly state: readonly (readonly [key: PropertyKey, value: unknown])[];
}

/** What a `run` gave and set: a value, or all items of a stream. @internal */
export interface SharedResult {
  readonly content: { readonly value: unknown } | { readonly items: readonly unknown[] };
  readonly effects: RunEffects;
  /** Log id of the request whose `run` it was. */
  readonly logId: string;
}

/** What has been set in the context of a run since its state was `before`. @internal */
export function effectsOf({ response, state }: RequestContext, before: ReadonlyMap<PropertyKey, unknown>): RunEffects {
  return {
    status: response.status,
    headers: [...response.headers],
    state: [...state].filter(([key, value]) => !before.has(key) || before.get(key) !== value),
  };
}

/** @param copy makes each request's own of what the run put into the state @internal */
export function applyEffects(
  { status, headers, state }: RunEffects,
  { response, state: own }: StageContext,
  copy: (value: unknown) => unknown,
): void {
  if (status !== undefined) response.status = status;
  for (const [name, value] of headers) response.setHeader(name, value);
  for (const [key, value] of state) own.set(key, copy(value));
}

/** Whether a run allows its result to be kept: not with `Cache-Control: no-store` or `private` on its reply. @internal */
export function mayBeKept({ headers }: RunEffects): boolean {
  return !headers.some(([name, value]) => name === 'cache-control' && /\b(?:no-store|private)\b/i.test(String(value)));
}

/** Whether only one request can be given it: what can be read once, and whatever comes with a cookie. @internal */
export function isSingleUse(value: unknown, { headers }: RunEffects): boolean {
  if (headers.some(([name]) => name === 'set-cookie')) return true;
  const inner = value instanceof FinishedResult ? value.value : value;
  const binary = toBinaryResult(inner);
  if (binary) return binary.data instanceof Readable;
  return isAsyncIterable(inner) && !(inner instanceof StageStream);
}
