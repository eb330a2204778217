import { delay } from '../../common/abort.js';
import { seconds } from '../../common/duration.js';
import type { RedisLink } from './redis-link.js';

const BLOCK_MS = seconds(4);
/** An answer comes when there is an entry or after `BLOCK_MS`; what takes longer is a dead connection. */
const SILENCE_MS = 2 * BLOCK_MS;
const ENTRIES_AT_ONCE = 256;
const AFTER_FAILURE_MS = 100;

/**
 * Reads a Redis stream over a blocking connection of its own, until the link is closed. What comes while Redis can't be reached follows when it can.
 * @param after id of the last entry that need not be told
 * @param take given the fields of an entry: names and values in turn
 * @internal
 */
export function followStream(link: RedisLink, key: string, after: string, take: (fields: readonly string[]) => void): void {
  const redis = link.waitingConnection('events', SILENCE_MS);
  let isClosed = false;
  link.whenClosed(() => (isClosed = true));
  void (async () => {
    let last = after;
    while (!isClosed) {
      try {
        const streams = await redis.xread('COUNT', ENTRIES_AT_ONCE, 'BLOCK', BLOCK_MS, 'STREAMS', key, last);
        for (const [id, fields] of streams?.[0][1] ?? []) {
          last = id;
          take(fields);
        }
      } catch {
        await delay(AFTER_FAILURE_MS); // the connection is set up anew, and the same entries are asked for again
      }
    }
  })();
}
