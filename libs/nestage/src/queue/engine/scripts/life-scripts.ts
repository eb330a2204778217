import { jobScript } from './job-script.js';

/**
 * Writes a new job's record. Refuses what comes past `notAfter`: whoever asked has been told that it failed.
 * Args: ticket, job, queue, keepMs, delayMs, tries, deadline or '', most that may wait (0: any number), notAfter.
 * @returns ['added'], ['known', ticket, state], ['late'], or ['full', age of the oldest one]
 * @internal
 */
export const CREATE = jobScript(`
local ticket, queue, delay, deadline, most = ARGV[4], ARGV[6], tonumber(ARGV[8]), ARGV[10], tonumber(ARGV[11])
if redis.call('EXISTS', record) == 1 then return { 'known', get('ticket'), get('state') } end
if now > tonumber(ARGV[12]) then return { 'late' } end
local waiting = prefix .. ':waiting:' .. queue
if most > 0 and redis.call('ZCARD', waiting) >= most then
  return { 'full', math.max(0, now - tonumber(redis.call('ZRANGE', waiting, 0, 0, 'WITHSCORES')[2])) }
end
set('ticket', ticket, 'job', ARGV[5], 'queue', queue, 'keepMs', ARGV[7], 'tries', ARGV[9], 'deadline', deadline, 'attempt', 0, 'createdAt', now)
redis.call('SADD', prefix .. ':queues', queue)
await(delay)
if deadline ~= '' then expire(math.max(1, deadline - now) + get('keepMs')) end
return { 'added' }
`);

/**
 * Takes back what was created without anybody having been told so. Args: ticket.
 * @internal
 */
export const WITHDRAW = jobScript(`
if get('ticket') ~= ARGV[4] then return 0 end
redis.call('ZREM', among('waiting'), id)
redis.call('ZREM', among('active'), id)
return redis.call('DEL', record, events, acks)
`);

/**
 * Begins a try. The same token begins the same try again, as when an answer was lost. Args: ticket, token.
 * @returns ['run', attempt, job, deadline], or ['over'] when there is nothing to do, with a reason where the job has died just now
 * @internal
 */
export const BEGIN = jobScript(`
local token = ARGV[5]
local state = get('state')
if not state or FINAL[state] or get('ticket') ~= ARGV[4] then return { 'over' } end
local deadline = get('deadline')
if isRun(token) then return { 'run', tonumber(get('attempt')), get('job'), deadline } end
local because
if deadline ~= '' and now >= tonumber(deadline) then because = 'its deadline passed before it began'
elseif tonumber(get('attempt')) >= tonumber(get('tries')) then because = 'its worker was lost in each of its tries' end
if because then
  set('because', because)
  finish('dead')
  return { 'over', because }
end
redis.call('ZREM', among('waiting'), id)
redis.call('ZADD', among('active'), now, id)
set('token', token, 'startedAt', now, 'sent', 0)
local attempt = redis.call('HINCRBY', record, 'attempt', 1)
enter('active')
return { 'run', attempt, get('job'), deadline }
`);

/**
 * Adds events of a try: each once, though they be sent twice. Args: token, how many of this try came before, then kinds and data in turn.
 * @returns number of the last event, or -1 when another try has begun or the job is over
 * @internal
 */
export const APPEND = jobScript(`
if not isRun(ARGV[4]) then return -1 end
local before, sent = tonumber(ARGV[5]), tonumber(get('sent'))
for index = 6, #ARGV, 2 do
  before = before + 1
  if before > sent then
    tell(ARGV[index], ARGV[index + 1])
    if ARGV[index] == 'progress' then set('progress', ARGV[index + 1]) end
  end
end
set('sent', math.max(before, sent))
return tonumber(get('events'))
`);

/**
 * Ends a job by its try. Args: token, state, result or '', reason or ''.
 * @returns whether it was this try's to end
 * @internal
 */
export const SETTLE = jobScript(`
if not isRun(ARGV[4]) then return get('token') == ARGV[4] and get('state') == ARGV[5] and 1 or 0 end
if ARGV[6] ~= '' then set('result', ARGV[6]) end
if ARGV[7] ~= '' then set('because', ARGV[7]) end
finish(ARGV[5])
return 1
`);

/**
 * Puts a job back for another try. Args: token, delayMs, whether this try counts (1 or 0).
 * @returns whether it was this try's to put back
 * @internal
 */
export const RELEASE = jobScript(`
if not isRun(ARGV[4]) then return 0 end
if ARGV[6] == '0' then redis.call('HINCRBY', record, 'attempt', -1) end
redis.call('ZREM', among('active'), id)
redis.call('HDEL', record, 'token')
await(tonumber(ARGV[5]))
return 1
`);

/**
 * Calls a job off, and tells whoever runs it.
 * @returns its ticket, or nil when there was nothing to call off
 * @internal
 */
export const CANCEL = jobScript(`
local state = get('state')
if not state or FINAL[state] then return nil end
if state == 'active' then redis.call('XADD', prefix .. ':cancels', 'MAXLEN', '~', 10000, '*', 'token', get('token')) end
finish('cancelled')
return { get('ticket'), get('queue') }
`);

/**
 * Puts a job that ended badly back with all its tries. Args: ticket.
 * @returns its queue and its job, or nil when it is in no such state
 * @internal
 */
export const RETRY = jobScript(`
local state = get('state')
if state ~= 'failed' and state ~= 'dead' and state ~= 'cancelled' then return nil end
redis.call('HDEL', record, 'result', 'because', 'startedAt', 'finishedAt', 'token', 'progress')
set('ticket', ARGV[4], 'attempt', 0, 'deadline', '')
for _, key in ipairs({ record, events, acks }) do redis.call('PERSIST', key) end
await(0)
return { get('queue'), get('job') }
`);
