import { type Clock, systemClock } from './clock.js';

/** @internal */
export interface HeartbeatOptions {
  /** Longest silence in milliseconds. */
  readonly everyMs: number;
  /** What is put into it. */
  readonly beat: string;
  readonly clock?: Clock;
}

/**
 * Puts a beat into each silence between two chunks, so that nobody on the way takes the connection for dead. None comes before the first
 * chunk. Beats are made when asked for: a reader that is busy gets none.
 * @internal
 */
export async function* withHeartbeats(
  chunks: AsyncIterable<string>,
  { everyMs, beat, clock = systemClock }: HeartbeatOptions,
): AsyncGenerator<string, void, void> {
  const source = chunks[Symbol.asyncIterator]();
  let isOver = false;
  try {
    let result = await source.next();
    while (!result.done) {
      yield result.value;
      const next = source.next();
      for (;;) {
        const settled = await Promise.race([next, silence(everyMs, clock, next)]);
        if (settled !== SILENCE) {
          result = settled;
          break;
        }
        yield beat;
      }
    }
    isOver = true;
  } finally {
    if (!isOver) await source.return?.();
  }
}

const SILENCE = Symbol('silence');

/** Resolves after `everyMs`, and leaves no timer behind when the work is done before. */
function silence(everyMs: number, clock: Clock, work: Promise<unknown>): Promise<typeof SILENCE> {
  return new Promise((resolve) => {
    const cancel = clock.schedule(everyMs, () => resolve(SILENCE));
    work.then(cancel, cancel);
  });
}
