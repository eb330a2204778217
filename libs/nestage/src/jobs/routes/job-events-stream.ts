import { Heartbeats } from '../../common/heartbeats.js';
import type { JobEvent } from '../../core/jobs/job.js';

const BEAT = ': still there\n\n';

/**
 * Events of a job as server-sent events, with the ids by which a reader goes on.
 * @see https://html.spec.whatwg.org/multipage/server-sent-events.html
 * @internal
 */
export function eventStream(events: AsyncIterable<JobEvent>, heartbeatMs: number): AsyncIterable<string> {
  return new Heartbeats(frames(events), { everyMs: heartbeatMs, beat: BEAT });
}

async function* frames(events: AsyncIterable<JobEvent>): AsyncGenerator<string, void, void> {
  yield BEAT; // so that the head of the answer leaves at once
  for await (const { id, type, data } of events) yield `id: ${id}\nevent: ${type}\ndata: ${JSON.stringify({ [type]: data ?? null })}\n\n`;
}
