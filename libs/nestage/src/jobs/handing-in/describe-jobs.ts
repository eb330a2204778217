import type { DeferralDescription } from '../../http/deferrals.js';
import type { ResolvedJobHandlerOptions } from '../job-handler.options.js';
import { JOB_HEADERS } from './preferences.js';

/**
 * What the API document says of a route whose requests may be jobs.
 * @internal
 */
export function describeJobs({ maxPriority, maxDelayMs }: ResolvedJobHandlerOptions): DeferralDescription {
  const text = { type: 'string' };
  return {
    parameters: [
      header('Prefer', '`respond-async` makes a job of the request, answered 202; with `wait=10` after 10 s at the latest', text),
      header(JOB_HEADERS.idempotencyKey, 'Of two requests with the same key, the second is given the job of the first', text),
      header(JOB_HEADERS.priority, 'Of the job; higher runs first', { type: 'integer', minimum: 0, maximum: maxPriority }),
      header(JOB_HEADERS.delay, 'How long the job waits at least', { type: 'integer', minimum: 0, maximum: maxDelayMs }),
      header(JOB_HEADERS.webhook, 'Address that is told of its end, where the service allows it', { type: 'string', format: 'uri' }),
    ],
    responses: {
      202: {
        description: 'The request is a job: its result is to be asked for',
        headers: {
          Location: { description: 'Where the job is followed', schema: text },
          'Preference-Applied': { description: 'What of Prefer was kept to', schema: text },
        },
        content: { 'application/json': { schema: JOB } },
      } as DeferralDescription['responses'][string],
      422: { description: '`idempotency_key_reused`: the key was used for another request' },
    },
  };
}

const header = (name: string, description: string, schema: object): DeferralDescription['parameters'][number] =>
  ({ name, in: 'header', required: false, description, schema }) as { name: string; in: string };

const time = { type: 'string', format: 'date-time' };

/** @see JobView */
const JOB = {
  type: 'object',
  required: ['id', 'state', 'route', 'attempt', 'tries', 'priority', 'createdAt', 'logid'],
  properties: {
    id: { type: 'string' },
    state: { type: 'string', enum: ['waiting', 'delayed', 'active', 'succeeded', 'failed', 'dead', 'cancelled'] },
    route: { type: 'string' },
    attempt: { type: 'integer' },
    tries: { type: 'integer' },
    priority: { type: 'integer' },
    createdAt: time,
    startedAt: time,
    finishedAt: time,
    runMs: { type: 'integer' },
    progress: {},
    status: { type: 'integer' },
    logid: { type: 'string' },
    links: { type: 'object', properties: { self: { type: 'string' }, result: { type: 'string' }, events: { type: 'string' } } },
  },
};
