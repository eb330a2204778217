import { jobScript, queueScript } from './job-script.js';

/**
 * Reads events of a job, and notes who reads while it is not over. Args: reader, how far it is ('-': the work need not wait for it),
 * number of the last event it has got, most events at once.
 * @returns [state, number of the last event there is, number of the first of these, events], or nil for an unknown job
 * @internal
 */
export const READ = jobScript(`
if not job.state then return nil end
local last, got = tonumber(job.events), tonumber(ARGV[6])
if got > last then got = 0 end
if not FINAL[job.state] then set('r:' .. ARGV[4], ARGV[5]) end
local gone = last - redis.call('LLEN', events)
local from = math.max(got - gone, 0)
return { job.state, last, gone + from + 1, redis.call('LRANGE', events, from, from + ARGV[7] - 1) }
`);

/** Tells how far a reader is; 'left' takes its name off. Args: reader, number. @internal */
export const ACKNOWLEDGE = jobScript(`
if not job.state or FINAL[job.state] then return end
local reader, seen = ARGV[4], ARGV[5]
if seen == 'left' then redis.call('HDEL', record, 'r:' .. reader) else set('r:' .. reader, seen) end
if job.state == 'active' then send(job.worker, { 'acks ' .. id, reader, seen }) end
`);

/** All there is of a job. @returns fields and values of its record in turn, what it asks for, and its result @internal */
export const FIND = jobScript(`
return { fields, redis.call('GET', order), redis.call('GET', result) }
`);

/** Forgets a job that has ended. @internal */
export const FORGET = jobScript(`
if FINAL[job.state or ''] then redis.call('DEL', record, order, result, events) end
`);

/** @returns waiting, delayed, active and age of the oldest one waiting, of all queues together @internal */
export const BACKLOG = queueScript(`
local now = clock()
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
export const LONG_WAITING = queueScript(`
local ids, before = {}, clock() - ARGV[2]
for _, queue in ipairs(redis.call('SMEMBERS', prefix .. ':queues')) do
  for _, name in ipairs({ 'waiting', 'active' }) do
    local key = prefix .. ':' .. name .. ':' .. queue
    for _, each in ipairs(redis.call('ZRANGEBYSCORE', key, '-inf', before, 'LIMIT', 0, 100)) do
      if redis.call('EXISTS', prefix .. ':job:' .. each) == 0 then redis.call('ZREM', key, each)
      elseif name == 'waiting' then ids[#ids + 1] = each end
    end
  end
end
return ids
`);
