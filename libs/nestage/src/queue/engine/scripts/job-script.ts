import { RedisScript } from '../../redis/redis-script.js';

/** What all scripts know: keys begin with the prefix, and times are those of Redis. */
const COMMON = `
local prefix = ARGV[1]
local FINAL = { succeeded = true, failed = true, dead = true, cancelled = true }

local function clock()
  local time = redis.call('TIME')
  return time[1] * 1000 + math.floor(time[2] / 1000)
end
`;

/**
 * Each step of a job's life is one script, so that no two processes can take it at once, and its event is told with it. The record of a
 * job is the truth; BullMQ hands out tickets for it.
 *
 * A record is a hash of short values, which Redis keeps closely packed: what is long (the order, the result) has a key of its own. Its
 * fields \`r:<process>.<number>\` are those who read its events, with how far they are; each of their processes is told of what is new.
 *
 * All take the record as their key, and prefix, id and number of events to keep as their first arguments.
 */
const PRELUDE = `
local record, id, kept = KEYS[1], ARGV[2], tonumber(ARGV[3])
local order, result, events = prefix .. ':order:' .. id, prefix .. ':result:' .. id, prefix .. ':events:' .. id
local MOST_BYTES_TOLD = 8192

local job, fields = {}, redis.call('HGETALL', record)
for index = 1, #fields, 2 do job[fields[index]] = fields[index + 1] end

local function set(...) redis.call('HSET', record, ...) end
local function among(name) return prefix .. ':' .. name .. ':' .. job.queue end
local function isRun(token) return job.state == 'active' and job.token == token end

-- A user without rights to the channel is told by its subscription; no step is left half done for it.
local function send(process, message)
  local heard = redis.pcall('PUBLISH', prefix .. ':to:' .. process, cjson.encode(message))
  return type(heard) == 'number' and heard or 1
end

-- A process that has gone is told nothing more; one that was away for a moment looks by itself.
local function publish(last, entries, outcome)
  local length, told = 0, {}
  for _, entry in ipairs(entries) do length = length + #entry end
  local message = { 'events ' .. id, last, length <= MOST_BYTES_TOLD and entries or false, outcome }
  for field in pairs(job) do
    local process = string.match(field, '^r:([^.]+)')
    if process then
      told[process] = told[process] or send(process, message)
      if told[process] == 0 then
        redis.call('HDEL', record, field)
        job[field] = nil
      end
    end
  end
end

local function tell(entries, outcome)
  local last = (job.events or 0) + #entries
  redis.call('RPUSH', events, unpack(entries))
  if last > kept then redis.call('LTRIM', events, -kept, -1) end
  publish(last, entries, outcome)
  return last
end

local function expire(ms)
  for _, key in ipairs({ record, order, events }) do redis.call('PEXPIRE', key, ms) end
end

local function enter(state, outcome, ...)
  set('state', state, 'events', tell({ 'state "' .. state .. '"' }, outcome), ...)
end

local function await(delay, now, ...)
  redis.call('ZADD', among('waiting'), now + delay, id)
  enter(delay > 0 and 'delayed' or 'waiting', nil, ...)
end

local function finish(state, outcome, ...)
  redis.call('ZREM', among(job.state == 'active' and 'active' or 'waiting'), id)
  enter(state, outcome, 'finishedAt', clock(), ...)
  expire(job.keepMs)
end
`;

/** A script that is about one job. @internal */
export const jobScript = (lua: string): RedisScript => new RedisScript(COMMON + PRELUDE + lua);

/** A script that is about all jobs; its first argument is the prefix. @internal */
export const queueScript = (lua: string): RedisScript => new RedisScript(COMMON + lua);
