import { eventPosition } from '../../core/jobs/event-position.js';
import { FINAL_JOB_STATES, type JobEvent, type JobState } from '../../core/jobs/job.js';
import type { JobReading } from '../../core/jobs/job-engine.js';
import type { RedisLink } from '../redis/redis-link.js';
import { EventInbox } from './event-inbox.js';
import type { JobMessages } from './job-messages.js';
import type { JobRecords } from './job-records.js';

/** @internal */
export interface JobReadingInit extends JobReading {
  readonly id: string;
  readonly link: RedisLink;
  readonly records: JobRecords;
  readonly messages: JobMessages;
  readonly eventsKept: number;
}

/**
 * Reads the events of a job until its end: those kept, then those to come.
 * @internal
 */
export async function* readEvents(init: JobReadingInit): AsyncGenerator<JobEvent, void, void> {
  const inbox = new EventInbox(init, eventPosition(init.after));
  try {
    await init.link.attempt(() => inbox.fetch());
  } catch (error) {
    inbox.end();
    throw error;
  }
  yield* eventsOf(inbox);
}

/**
 * The events that come to an inbox, until the end of its job. Nothing is held any more when the last event is given, whether its reader
 * asks for another or not.
 * @internal
 */
export async function* eventsOf(inbox: EventInbox): AsyncGenerator<JobEvent, void, void> {
  try {
    for (let event = await inbox.next(); event; event = await inbox.next()) {
      const isEnd = event.type === 'state' && FINAL_JOB_STATES.has(event.data as JobState) && !inbox.hasMore;
      if (isEnd) inbox.end();
      yield event;
      if (isEnd) return;
    }
  } finally {
    inbox.close();
  }
}
