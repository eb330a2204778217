import { jobScript } from './job-script.js';

/**
 * Writes a new job's record. Refuses what comes past `notAfter`: whoever asked has been told that it failed.
 * Args: ticket, job, queue, keepMs, delayMs, tries, deadline or '', most that may wait (0: any number), notAfter, a reader of its events or ''.
 * @returns ['added'], ['known', ticket, state], ['late'], or ['full', age of the oldest one]
 * @internal
 */
export const CREATE = jobScript(`
if job.state then return { 'known', job.ticket, job.state } end
local ticket, queue, keepMs, delay, tries, deadline, most = ARGV[4], ARGV[6], ARGV[7], tonumber(ARGV[8]), ARGV[9], ARGV[10], tonumber(ARGV[11])
local now = clock()
if now > tonumber(ARGV[12]) then return { 'late' } end
job.queue = queue
if most > 0 and redis.call('ZCARD', among('waiting')) >= most then
  return { 'full', math.max(0, now - tonumber(redis.call('ZRANGE', among('waiting'), 0, 0, 'WITHSCORES')[2])) }
end
local lifeMs = deadline ~= '' and math.max(1, deadline - now) + keepMs
if lifeMs then redis.call('SET', order, ARGV[5], 'PX', lifeMs) else redis.call('SET', order, ARGV[5]) end
redis.call('SADD', prefix .. ':queues', queue)
local reader = ARGV[13] ~= '' and { 'r:' .. ARGV[13], 0 } or {}
await(delay, now, 'ticket', ticket, 'queue', queue, 'keepMs', keepMs, 'tries', tries, 'deadline', deadline, 'attempt', 0, 'createdAt', now, unpack(reader))
if lifeMs then
  redis.call('PEXPIRE', record, lifeMs)
  redis.call('PEXPIRE', events, lifeMs)
end
return { 'added' }
`);

/**
 * Takes back what was created without anybody having been told so. Args: ticket.
 * @internal
 */
export const WITHDRAW = jobScript(`
if job.ticket ~= ARGV[4] then return 0 end
redis.call('ZREM', among('waiting'), id)
redis.call('ZREM', among('active'), id)
return redis.call('DEL', record, order, result, events)
`);

/**
 * Begins a try. The same token begins the same try again, as when an answer was lost. Args: ticket, token, process that does it.
 * @returns ['run', attempt, job, deadline], or ['over'] when there is nothing to do, with a reason where the job has died just now
 * @internal
 */
export const BEGIN = jobScript(`
local token = ARGV[5]
if not job.state or FINAL[job.state] or job.ticket ~= ARGV[4] then return { 'over' } end
local asked = redis.call('GET', order)
if isRun(token) then return { 'run', tonumber(job.attempt), asked, job.deadline } end
local because, now = nil, clock()
if not asked then because = 'what it asks for is gone from Redis'
elseif job.deadline ~= '' and now >= tonumber(job.deadline) then because = 'its deadline passed before it began'
elseif tonumber(job.attempt) >= tonumber(job.tries) then because = 'its worker was lost in each of its tries' end
if because then
  finish('dead', nil, 'because', because)
  return { 'over', because }
end
if job.state ~= 'active' then redis.call('ZREM', among('waiting'), id) end
redis.call('ZADD', among('active'), now, id)
enter('active', nil, 'token', token, 'worker', ARGV[6], 'startedAt', now, 'sent', 0, 'attempt', job.attempt + 1)
return { 'run', job.attempt + 1, asked, job.deadline }
`);

/**
 * Adds events of a try: each once, though they be sent twice. Without any it tells how things stand.
 * Args: token, how many of this try came before, the last progress among them or '', then the events.
 * @returns number of the last event, and how far each reader is, by name; or nil when another try has begun or the job is over
 * @internal
 */
export const APPEND = jobScript(`
if not isRun(ARGV[4]) then return nil end
local before, sent, entries = tonumber(ARGV[5]), tonumber(job.sent), {}
for index = 7, #ARGV do
  before = before + 1
  if before > sent then entries[#entries + 1] = ARGV[index] end
end
local last = tonumber(job.events)
if #entries > 0 then
  last = tell(entries)
  set('sent', before, 'events', last)
  if ARGV[6] ~= '' then set('progress', ARGV[6]) end
end
local answer = { last }
for field, seen in pairs(job) do
  if string.sub(field, 1, 2) == 'r:' and tonumber(seen) then
    answer[#answer + 1] = string.sub(field, 3)
    answer[#answer + 1] = seen
  end
end
return answer
`);

/**
 * Ends a job by its try. Args: token, state, result or '', reason or ''.
 * @returns whether it was this try's to end
 * @internal
 */
export const SETTLE = jobScript(`
local state, outcome, because = ARGV[5], ARGV[6], ARGV[7]
if not isRun(ARGV[4]) then return job.token == ARGV[4] and job.state == state and 1 or 0 end
local reason = because ~= '' and { 'because', because } or {}
finish(state, outcome ~= '' and #outcome <= MOST_BYTES_TOLD and outcome or nil, unpack(reason))
if outcome ~= '' then redis.call('SET', result, outcome, 'PX', job.keepMs) end
return 1
`);

/**
 * Puts a job back for another try. Args: token, delayMs, whether this try counts (1 or 0).
 * @returns whether it was this try's to put back
 * @internal
 */
export const RELEASE = jobScript(`
if not isRun(ARGV[4]) then return 0 end
redis.call('ZREM', among('active'), id)
redis.call('HDEL', record, 'token')
await(tonumber(ARGV[5]), clock(), 'attempt', job.attempt - (ARGV[6] == '0' and 1 or 0))
return 1
`);

/**
 * Calls a job off, and tells the process that runs it.
 * @returns its ticket and its queue, or nil when there was nothing to call off
 * @internal
 */
export const CANCEL = jobScript(`
if not job.state or FINAL[job.state] then return nil end
if job.state == 'active' then send(job.worker, { 'cancel', job.token }) end
finish('cancelled')
return { job.ticket, job.queue }
`);

/**
 * Puts a job that ended badly back with all its tries. Args: ticket.
 * @returns its queue and its job, or nil when it is in no such state
 * @internal
 */
export const RETRY = jobScript(`
local asked = redis.call('GET', order)
if not asked or (job.state ~= 'failed' and job.state ~= 'dead' and job.state ~= 'cancelled') then return nil end
redis.call('HDEL', record, 'because', 'startedAt', 'finishedAt', 'token', 'progress')
redis.call('DEL', result)
for _, key in ipairs({ record, order, events }) do redis.call('PERSIST', key) end
await(0, clock(), 'ticket', ARGV[4], 'attempt', 0, 'deadline', '')
return { job.queue, asked }
`);
