import { getEventListeners } from 'node:events';
import { systemClock } from '../common/clock.js';
import { isAsyncIterable } from '../common/type-guards.js';
import { contextStorage } from '../core/context/context-storage.js';
import type { StageContext } from '../core/context/stage-context.js';
import { testContext } from './test-context.js';

/** A handler, as far as it is checked. @publicApi */
export interface SignalCheckTarget<Input> {
  run(input: Input, context: StageContext): unknown;
}

/** @publicApi */
export interface SignalCheckOptions {
  /** Longest time from the signal to the end of `run`, in milliseconds. @default 100 */
  readonly withinMs?: number;
  /** When the signal fires, in milliseconds after `run` was called: it should be at work then. @default 20 */
  readonly abortAfterMs?: number;
}

/** What became of a `run` whose signal fired. @publicApi */
export interface SignalCheckReport {
  /** From the signal to the end of `run`; `undefined` when it did not end within `withinMs`. */
  readonly stoppedAfterMs: number | undefined;
  /** Listeners on the signal that were left behind. */
  readonly leakedListeners: number;
  /** Timers that were left running and keep a process alive. */
  readonly leakedTimers: number;
  /** All that is wrong, one sentence each; empty for a handler that stops as it should. */
  readonly problems: readonly string[];
}

/**
 * Calls `run`, fires its signal while it works, and looks whether it stops in time and cleans up behind itself. A stream is read until
 * the signal fires. Other work that starts timers meanwhile would be taken for the handler's.
 *
 * @example
 * ```ts
 * const { problems } = await checkSignal(new SummaryHandler(model), { text: 'a long one' }, { withinMs: 50 });
 * expect(problems).toEqual([]);
 * ```
 * @publicApi
 */
export async function checkSignal<Input>(
  handler: SignalCheckTarget<Input>,
  input: Input,
  { withinMs = 100, abortAfterMs = 20 }: SignalCheckOptions = {},
): Promise<SignalCheckReport> {
  const context = testContext({ logId: 'check-signal' });
  const keepAlive = setInterval(() => undefined, 2 ** 30); // while nothing else does
  const timersBefore = countTimers();
  let endedAt: number | undefined;
  const work = contextStorage
    .run(context, () => toTheEnd(handler, input, context))
    .then(() => {
      endedAt = systemClock.elapsed();
    });
  await passing(abortAfterMs);
  const hasEndedBefore = endedAt !== undefined;
  const abortedAt = systemClock.elapsed();
  context.abort('cancelled');
  await Promise.race([work, passing(withinMs)]);
  await passing(0); // what ends with `run` has ended now
  const stoppedAfterMs = endedAt === undefined ? undefined : Math.max(0, endedAt - abortedAt);
  const leakedListeners = getEventListeners(context.signal, 'abort').length + context.abortListenerCount;
  const leakedTimers = Math.max(0, countTimers() - timersBefore);
  clearInterval(keepAlive);
  context.dispose();
  const problems = [
    hasEndedBefore && `run ended before the signal fired, after less than ${abortAfterMs} ms: give it more to do, or abortAfterMs less`,
    stoppedAfterMs === undefined && `run did not stop within ${withinMs} ms of the signal`,
    leakedListeners > 0 && `run left ${leakedListeners} listener(s) on the signal`,
    leakedTimers > 0 && `run left ${leakedTimers} timer(s) running`,
  ].filter((problem) => problem !== false);
  return { stoppedAfterMs, leakedListeners, leakedTimers, problems };
}

/** How it ends is all one: a rejection is the usual way to stop. */
async function toTheEnd<Input>(handler: SignalCheckTarget<Input>, input: Input, context: StageContext): Promise<void> {
  try {
    const result = await handler.run(input, context);
    if (!isAsyncIterable(result)) return;
    for await (const _item of result) if (context.signal.aborted) return;
  } catch {
    // see above
  }
}

/** Does not count among the timers: the clock's keep no process alive. */
const passing = (ms: number): Promise<void> => new Promise((resolve) => systemClock.schedule(ms, () => setImmediate(resolve)));

const countTimers = (): number => process.getActiveResourcesInfo().filter((kind) => kind === 'Timeout').length;
