import { seconds } from '../../common/duration.js';
import type { RedisLink } from './redis-link.js';
import { isFull } from './unavailable.js';

/** Small values may have room where a large one was refused: so long is that told. */
const REFUSAL_TOLD_MS = seconds(10);
const REMEDY = 'raise its maxmemory, or let it hold less; new work is refused with 503 meanwhile';

/**
 * Why a Redis that answers takes no work: it is full, or refuses writes for another reason. It is asked by a write of nothing, which leaves
 * nothing behind and is refused as every write is.
 * @param key a name that nothing is kept under
 * @throws whatever the connection breaks with
 * @internal
 */
export async function writeFault(link: RedisLink, key: string): Promise<string | undefined> {
  const refusal = await refusalOf(link.commands.setrange(key, 0, ''));
  if (refusal && isFull(refusal)) return `Redis is full: ${REMEDY}`;
  if (link.lastFullMs < REFUSAL_TOLD_MS)
    return `Redis had no memory for what it was given ${Math.round(link.lastFullMs)} ms ago: ${REMEDY}`;
  return refusal && `Redis takes no writes: ${refusal.message}`;
}

/** @returns what Redis has against a command; a user that may not ask so is no fault */
async function refusalOf(command: Promise<unknown>): Promise<Error | undefined> {
  try {
    await command;
    return undefined;
  } catch (error) {
    const { name, message } = error as Error;
    if (name !== 'ReplyError') throw error;
    return message.startsWith('NOPERM') ? undefined : (error as Error);
  }
}
