import { jobScript } from './job-script.js';

/**
 * Begins a reading: a reader is noted, so that the work does not run away from it. Args: reader, or '' for one that it need not wait for,
 * number of the last event seen.
 * @returns [state, number of the last event there is, number of the one to go on after], or nil for an unknown job
 * @internal
 */
export const OPEN_READING = jobScript(`
local state = get('state')
if not state then return nil end
local last, seen = tonumber(get('events')), tonumber(ARGV[5])
if seen > last then seen = 0 end
if ARGV[4] ~= '' and not FINAL[state] then
  redis.call('XADD', acks, 'MAXLEN', 1000, '*', ARGV[4], seen)
  local left = redis.call('PTTL', record)
  if left > 0 then redis.call('PEXPIRE', acks, left) end
end
return { state, last, seen }
`);

/** Tells how far a reader is; 'left' takes its name off. Args: reader, number. @internal */
export const ACKNOWLEDGE = jobScript(`
local state = get('state')
if state and not FINAL[state] then redis.call('XADD', acks, 'MAXLEN', 1000, '*', ARGV[4], ARGV[5]) end
`);

/** Forgets a job that has ended. @internal */
export const FORGET = jobScript(`
if FINAL[get('state') or ''] then redis.call('DEL', record, events, acks) end
`);

/** @returns waiting, delayed, active and age of the oldest one waiting, of all queues together @internal */
export const BACKLOG = jobScript(`
local waiting, delayed, active, oldest = 0, 0, 0, now
for _, queue in ipairs(redis.call('SMEMBERS', prefix .. ':queues')) do
  local key = prefix .. ':waiting:' .. queue
  local due = redis.call('ZCOUNT', key, '-inf', now)
  waiting = waiting + due
  delayed = delayed + redis.call('ZCARD', key) - due
  active = active + redis.call('ZCARD', prefix .. ':active:' .. queue)
  local first = redis.call('ZRANGE', key, 0, 0, 'WITHSCORES')[2]
  if first then oldest = math.min(oldest, tonumber(first)) end
end
return { waiting, delayed, active, now - oldest }
`);

/**
 * Looks through what has waited longest, in each queue. Records that are gone leave no trace. Args: how long a job has waited to be looked at.
 * @returns ids of the others, which should have a ticket
 * @internal
 */
export const LONG_WAITING = jobScript(`
local ids = {}
for _, queue in ipairs(redis.call('SMEMBERS', prefix .. ':queues')) do
  for _, name in ipairs({ 'waiting', 'active' }) do
    local key = prefix .. ':' .. name .. ':' .. queue
    for _, each in ipairs(redis.call('ZRANGEBYSCORE', key, '-inf', now - ARGV[4], 'LIMIT', 0, 100)) do
      if redis.call('EXISTS', prefix .. ':job:' .. each) == 0 then redis.call('ZREM', key, each)
      elseif name == 'waiting' then ids[#ids + 1] = each end
    end
  end
end
return ids
`);
