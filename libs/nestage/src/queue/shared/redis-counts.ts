import { randomUUID } from 'node:crypto';
import { type SharedCount, SharedCounts } from '../../core/state/shared-state.js';
import type { RedisLink } from '../redis/redis-link.js';
import { RedisScript } from '../redis/redis-script.js';

/** Args: window, limit and block in milliseconds, a name for this hit. @returns hits, time to expire, whether blocked, time of the block */
const COUNT = new RedisScript(`
local hits, block = KEYS[1], KEYS[2]
local window, limit, blockFor = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local blockedFor = redis.call('PTTL', block)
if blockedFor > 0 then return { limit + 1, blockedFor, 1, blockedFor } end
redis.call('ZREMRANGEBYSCORE', hits, '-inf', now - window)
local count = redis.call('ZCARD', hits)
local function untilRoom()
  local oldest = redis.call('ZRANGE', hits, 0, 0, 'WITHSCORES')[2]
  return oldest and math.max(1, oldest + window - now) or window
end
if count >= limit and blockFor == 0 then return { count + 1, untilRoom(), 1, untilRoom() } end
if count >= limit then
  redis.call('DEL', hits)
  redis.call('SET', block, 1, 'PX', blockFor)
  return { count + 1, blockFor, 1, blockFor }
end
redis.call('ZADD', hits, now, ARGV[4])
redis.call('PEXPIRE', hits, window)
return { count + 1, untilRoom(), 0, 0 }
`);

/** Counts of all replicas, in sliding windows by the clock of Redis. @internal */
export class RedisCounts extends SharedCounts {
  constructor(
    private readonly link: RedisLink,
    private readonly prefix: string,
  ) {
    super();
  }

  async increment(key: string, windowMs: number, limit: number, blockMs: number): Promise<SharedCount> {
    const keys = [`${this.prefix}:count:${key}`, `${this.prefix}:blocked:${key}`];
    const [totalHits, expireMs, isBlocked, blockedMs] = (await this.link.attempt((redis) =>
      COUNT.run(redis, keys, [windowMs, limit, blockMs, randomUUID()]),
    )) as [number, number, number, number];
    const inSeconds = (ms: number): number => Math.ceil(ms / 1000);
    return { totalHits, timeToExpire: inSeconds(expireMs), isBlocked: isBlocked === 1, timeToBlockExpire: inSeconds(blockedMs) };
  }
}
