import { RedisScript } from '../../redis/redis-script.js';

/**
 * Each step of a job's life is one script, so that no two processes can take it at once, and its event is told with it. The record of a
 * job is the truth; BullMQ hands out tickets for it. Times are those of Redis.
 *
 * All take the record as their key, and prefix, id and number of events to keep as their first arguments.
 */
const PRELUDE = `
local record, prefix, id, kept = KEYS[1], ARGV[1], ARGV[2], tonumber(ARGV[3])
local events, acks = prefix .. ':events:' .. id, prefix .. ':acks:' .. id
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local FINAL = { succeeded = true, failed = true, dead = true, cancelled = true }

local function get(field) return redis.call('HGET', record, field) end
local function set(...) redis.call('HSET', record, ...) end
local function among(name) return prefix .. ':' .. name .. ':' .. get('queue') end

local function tell(kind, data)
  local number = redis.call('HINCRBY', record, 'events', 1)
  redis.call('XADD', events, 'MAXLEN', kept, number .. '-0', 't', kind, 'd', data)
  return number
end

local function expire(ms)
  for _, key in ipairs({ record, events, acks }) do redis.call('PEXPIRE', key, ms) end
end

local function enter(state)
  set('state', state)
  tell('state', '"' .. state .. '"')
end

local function await(delay)
  redis.call('ZADD', among('waiting'), now + delay, id)
  enter(delay > 0 and 'delayed' or 'waiting')
end

local function finish(state)
  redis.call('ZREM', among('waiting'), id)
  redis.call('ZREM', among('active'), id)
  set('finishedAt', now)
  enter(state)
  expire(get('keepMs'))
end

local function isRun(token) return get('state') == 'active' and get('token') == token end
`;

/** @internal */
export const jobScript = (lua: string): RedisScript => new RedisScript(PRELUDE + lua);
