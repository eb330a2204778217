import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { JobEngine, JobRun, JobScope } from '../../libs/nestage/src/core/jobs/job-engine.js';
import {
  FINAL_JOB_STATES,
  type JobEvent,
  type JobOutcome,
  type JobSnapshot,
  JobTryError,
  type NewJob,
} from '../../libs/nestage/src/core/jobs/job.js';

/** What a test asks of the engines; everything else as they do by default. */
export interface ContractEngineOptions {
  /** Most jobs that may wait. */
  readonly maxWaiting?: number;
  /** Events of a job that are kept, and so how far its reader may lag. */
  readonly eventsKept?: number;
}

/** Fresh engines that share their jobs. */
export interface EnginesUnderTest {
  /** As a process has it that hands jobs in. */
  readonly front: JobEngine;
  /** As a process has it that works on them: the same one where there is but one process. */
  readonly back: JobEngine;
  /** Ends both, and forgets their jobs. */
  close(): Promise<void>;
}

const ROUTE = 'POST /work';
const scope = (concurrency: number): JobScope => ({ kind: 'request', routes: [ROUTE], concurrency });
const OK: JobOutcome = { state: 'succeeded', result: 'done' };

export function newJob(given: Partial<NewJob> = {}): NewJob {
  return { id: randomUUID(), kind: 'request', route: ROUTE, payload: {}, logId: 'log', tries: 1, backoffMs: 10, keepMs: 60_000, ...given };
}

/** What every engine of jobs keeps to, whatever it keeps them in. */
export function describeJobEngine(name: string, create: (options: ContractEngineOptions) => Promise<EnginesUnderTest>): void {
  describe(`${name} keeps the contract of job engines`, () => {
    let engines: EnginesUnderTest;
    let [front, back]: JobEngine[] = [];
    const begin = async (options: ContractEngineOptions = {}): Promise<void> => {
      engines = await create(options);
      ({ front, back } = engines);
    };
    afterEach(() => engines.close());

    const stateOf = async (id: string): Promise<JobSnapshot['state'] | undefined> => (await front.find(id))?.state;
    const inState = (id: string, state: string): Promise<void> => eventually(async () => (await stateOf(id)) === state);
    const whenOver = async (id: string): Promise<JobSnapshot> => {
      await eventually(async () => FINAL_JOB_STATES.has((await stateOf(id)) ?? 'waiting'));
      return (await front.find(id)) as JobSnapshot;
    };

    describe('a job', () => {
      it('is done once, and its result is kept', async () => {
        await begin();
        const seen: unknown[] = [];
        back.work(scope(1), async (job, { attempt }) => {
          seen.push([job.payload, job.logId, job.owner, job.kind, job.route, attempt]);
          return { state: 'succeeded', result: { answer: 42 } };
        });
        const job = newJob({ payload: { text: 'ä"\n', list: [1, null] }, owner: 'alice', logId: 'id-1' });
        expect(await front.add(job)).toBe(true);
        const done = await whenOver(job.id);
        expect(seen).toEqual([[job.payload, 'id-1', 'alice', 'request', ROUTE, 1]]);
        expect(done).toMatchObject({ ...job, state: 'succeeded', attempt: 1, result: { answer: 42 } });
        expect(done.startedAt).toBeGreaterThanOrEqual(done.createdAt);
        expect(done.finishedAt).toBeGreaterThanOrEqual(done.startedAt ?? Infinity);
      });

      it('is added once, however often its id is', async () => {
        await begin();
        const job = newJob();
        const added = await Promise.all(Array.from({ length: 10 }, () => front.add(job)));
        expect(added.filter(Boolean)).toHaveLength(1);
        let runs = 0;
        back.work(scope(4), async () => (runs++, OK));
        await whenOver(job.id);
        expect(await front.add(job)).toBe(false);
        expect([runs, await stateOf(job.id)]).toEqual([1, 'succeeded']);
      });

      it('that fails by its own outcome is not tried again', async () => {
        await begin();
        let runs = 0;
        back.work(scope(1), async () => (runs++, { state: 'failed', result: 'refused' }));
        const job = newJob({ tries: 3 });
        await front.add(job);
        expect(await whenOver(job.id)).toMatchObject({ state: 'failed', result: 'refused', attempt: 1 });
        expect(runs).toBe(1);
      });

      it('is unknown before it is added', async () => {
        await begin();
        expect(await front.find(randomUUID())).toBeUndefined();
      });

      it('is left to others by a worker that was not asked to do its route, or its kind', async () => {
        await begin();
        back.work(scope(1), async () => OK);
        const others = [newJob({ route: 'POST /elsewhere' }), newJob({ kind: 'run' })];
        const own = newJob();
        for (const job of [...others, own]) await front.add(job);
        await whenOver(own.id);
        expect(await Promise.all(others.map(({ id }) => stateOf(id)))).toEqual(['waiting', 'waiting']);
      });

      it('may be forgotten before its time, when it has ended', async () => {
        await begin();
        const job = newJob();
        await front.add(job);
        await front.forget(job.id);
        expect(await stateOf(job.id)).toBe('waiting');
        back.work(scope(1), async () => OK);
        await whenOver(job.id);
        await front.forget(job.id);
        await front.forget(randomUUID());
        expect(await front.find(job.id)).toBeUndefined();
      });

      it('is forgotten when its time is over, and then its id may be used again', async () => {
        await begin();
        back.work(scope(1), async () => OK);
        const job = newJob({ keepMs: 3000 });
        await front.add(job);
        await whenOver(job.id);
        await eventually(async () => (await front.find(job.id)) === undefined);
        expect(await front.add(job)).toBe(true);
      });
    });

    describe('order', () => {
      it('is by priority, and by time among equals', async () => {
        await begin();
        const done: unknown[] = [];
        const jobs = [0, 5, 0, 1000, 5].map((priority, index) => newJob({ priority, payload: `${priority} ${index}` }));
        for (const job of jobs) await front.add(job);
        back.work(scope(1), async ({ payload }) => (done.push(payload), OK));
        await Promise.all(jobs.map(({ id }) => whenOver(id)));
        expect(done).toEqual(['1000 3', '5 1', '5 4', '0 0', '0 2']);
      });

      it('waits for the delay of a job', async () => {
        await begin();
        back.work(scope(1), async () => OK);
        const [later, now] = [newJob({ delayMs: 2000 }), newJob()];
        await front.add(later);
        await front.add(now);
        await whenOver(now.id);
        expect(await front.find(later.id)).toMatchObject({ state: 'delayed', attempt: 0 });
        const done = await whenOver(later.id);
        expect((done.startedAt ?? 0) - done.createdAt).toBeGreaterThanOrEqual(1990); // clocks count whole milliseconds
      });

      it('lets no more jobs of a route run at once than were asked for', async () => {
        await begin();
        let [running, most] = [0, 0];
        back.work(scope(3), async () => {
          most = Math.max(most, ++running);
          await sleep(20);
          running--;
          return OK;
        });
        const jobs = Array.from({ length: 12 }, () => newJob());
        await Promise.all(jobs.map((job) => front.add(job)));
        await Promise.all(jobs.map(({ id }) => whenOver(id)));
        expect(most).toBe(3);
      });
    });

    describe('tries', () => {
      it('are taken until one succeeds', async () => {
        await begin();
        const attempts: number[] = [];
        back.work(scope(1), async (_job, { attempt }) => {
          attempts.push(attempt);
          if (attempt < 3) throw new Error('not yet');
          return OK;
        });
        const job = newJob({ tries: 5 });
        await front.add(job);
        expect(await whenOver(job.id)).toMatchObject({ state: 'succeeded', attempt: 3, result: 'done' });
        expect(attempts).toEqual([1, 2, 3]);
      });

      it('end with a dead job that tells why, and keeps what its last try left', async () => {
        await begin();
        back.work(scope(1), async (_job, { attempt }) => {
          throw attempt < 2 ? new Error('first') : new JobTryError({ status: 500 }, new Error('poison'));
        });
        const job = newJob({ tries: 2 });
        await front.add(job);
        const dead = await whenOver(job.id);
        expect(dead).toMatchObject({ state: 'dead', attempt: 2, result: { status: 500 } });
        expect(dead.deadBecause).toContain('poison');
      });

      it('wait in between, longer each time', async () => {
        await begin();
        const at: number[] = [];
        back.work(scope(1), async () => {
          at.push(Date.now());
          throw new Error('no');
        });
        const job = newJob({ tries: 3, backoffMs: 100 });
        await front.add(job);
        await whenOver(job.id);
        expect(at[1] - at[0]).toBeGreaterThanOrEqual(90);
        expect(at[2] - at[1]).toBeGreaterThanOrEqual(190);
      });

      it('begin anew with a retry', async () => {
        await begin();
        let isMended = false;
        back.work(scope(1), async () => {
          if (!isMended) throw new Error('broken');
          return OK;
        });
        const job = newJob({ tries: 2 });
        await front.add(job);
        expect(await front.retry(job.id)).toBe(false);
        await inState(job.id, 'dead');
        isMended = true;
        expect(await front.retry(job.id)).toBe(true);
        await inState(job.id, 'succeeded');
        const done = await front.find(job.id);
        expect([done?.attempt, done?.result, done?.deadBecause]).toEqual([1, 'done', undefined]);
        expect([await front.retry(job.id), await front.retry(randomUUID())]).toEqual([false, false]);
      });
    });

    describe('cancel', () => {
      it('keeps a waiting or delayed job from beginning; a retry brings it back', async () => {
        await begin();
        const [waiting, delayed] = [newJob(), newJob({ delayMs: 50 })];
        for (const job of [waiting, delayed]) await front.add(job);
        expect([await front.cancel(waiting.id), await front.cancel(delayed.id)]).toEqual([true, true]);
        expect([await stateOf(waiting.id), await stateOf(delayed.id)]).toEqual(['cancelled', 'cancelled']);
        const done: string[] = [];
        back.work(scope(1), async ({ id }) => (done.push(id), OK));
        const last = newJob({ delayMs: 100 });
        await front.add(last);
        await whenOver(last.id);
        expect(done).toEqual([last.id]);
        expect(await front.retry(waiting.id)).toBe(true);
        await inState(waiting.id, 'succeeded');
      });

      it('fires the signal of a job at work, which is cancelled whatever it does then', async () => {
        await begin();
        const reasons: unknown[] = [];
        back.work(scope(3), async ({ payload }, { signal }) => {
          await aborted(signal);
          reasons.push((signal.reason as { abortCause?: unknown }).abortCause);
          if (payload === 'throws') throw new Error('stopped');
          if (payload === 'asks for another try') throw new JobTryError(1, new Error('stopped'));
          return OK;
        });
        const jobs = ['throws', 'asks for another try', 'gives a result'].map((payload) => newJob({ payload, tries: 3 }));
        for (const job of jobs) await front.add(job);
        await Promise.all(jobs.map(({ id }) => inState(id, 'active')));
        expect(await Promise.all(jobs.map(({ id }) => front.cancel(id)))).toEqual([true, true, true]);
        await Promise.all(jobs.map(({ id }) => inState(id, 'cancelled')));
        await eventually(async () => reasons.length === 3);
        expect(reasons).toEqual(['cancelled', 'cancelled', 'cancelled']);
        const after = newJob({ payload: 'another' });
        await front.add(after);
        await inState(after.id, 'active'); // the places are free again
        await front.cancel(after.id);
        expect(await Promise.all(jobs.map(({ id }) => stateOf(id)))).toEqual(['cancelled', 'cancelled', 'cancelled']);
      });

      it('says when there is nothing to call off', async () => {
        await begin();
        back.work(scope(1), async () => OK);
        const job = newJob();
        await front.add(job);
        await whenOver(job.id);
        expect([await front.cancel(job.id), await front.cancel(randomUUID())]).toEqual([false, false]);
        expect(await stateOf(job.id)).toBe('succeeded');
      });
    });

    describe('events', () => {
      const reading = (after?: string, signal = new AbortController().signal) => ({ ...(after === undefined ? {} : { after }), signal });
      const read = async (events: AsyncIterable<JobEvent>): Promise<JobEvent[]> => {
        const all: JobEvent[] = [];
        for await (const event of events) all.push(event);
        return all;
      };
      const shown = (events: readonly JobEvent[]): unknown[] => events.map(({ type, data }) => `${type} ${JSON.stringify(data)}`);

      it('tell the life of a job, live and once more, and end with it', async () => {
        await begin();
        const job = newJob();
        await front.add(job);
        const live = read(front.events(job.id, reading()));
        back.work(scope(1), async (_job, run) => {
          run.progress(0.5);
          await run.item({ n: 1 });
          await run.item('two');
          return OK;
        });
        const told = ['state "waiting"', 'state "active"', 'progress 0.5', 'item {"n":1}', 'item "two"', 'state "succeeded"'];
        expect(shown(await live)).toEqual(told);
        const again = await read(front.events(job.id, reading()));
        expect(shown(again)).toEqual(told);
        expect((await front.find(job.id))?.progress).toBe(0.5);
        for (const [index, { id }] of again.entries()) {
          expect(shown(await read(front.events(job.id, reading(id))))).toEqual(told.slice(index + 1));
        }
        expect(new Set(again.map(({ id }) => id)).size).toBe(told.length);
      });

      it('are read from the first on by whoever adds the job and reads it in one', async () => {
        await begin();
        back.work(scope(1), async (_job, run) => (await run.item('one'), OK));
        const [job, later] = [newJob(), newJob({ delayMs: 20 })];
        const told = ['state "active"', 'item "one"', 'state "succeeded"'];
        expect(shown(await read(await front.addAndRead(job, reading())))).toEqual(['state "waiting"', ...told]);
        const delayed = shown(await read(await front.addAndRead(later, reading())));
        expect([delayed[0], ...delayed.slice(-3)]).toEqual(['state "delayed"', ...told]);
        expect(shown(await read(await front.addAndRead(job, reading())))).toEqual(['state "waiting"', ...told]);
        const gone = AbortSignal.abort();
        expect(await read(await front.addAndRead(newJob(), reading(undefined, gone)))).not.toContain('item "one"');
      });

      it('go on where a reader has stopped, while the job runs', async () => {
        await begin();
        const gate = openable();
        back.work(scope(1), async (_job, run) => {
          for (let n = 1; n <= 3; n++) await run.item(n);
          await gate.opened;
          await run.item(4);
          return OK;
        });
        const job = newJob();
        await front.add(job);
        let last = '';
        for await (const event of front.events(job.id, reading())) {
          last = event.id;
          if (event.data === 2) break;
        }
        const rest = read(front.events(job.id, reading(last)));
        gate.open();
        expect(shown(await rest)).toEqual(['item 3', 'item 4', 'state "succeeded"']);
      });

      it('of a job that is tried again tell each try', async () => {
        await begin();
        back.work(scope(1), async (_job, { attempt }) => {
          if (attempt === 1) throw new Error('once');
          return OK;
        });
        const job = newJob({ tries: 2 });
        await front.add(job);
        const states = (await read(front.events(job.id, reading()))).map(({ data }) => data);
        expect(states.filter((state) => state === 'active')).toHaveLength(2);
        expect(states.at(-1)).toBe('succeeded');
      });

      it('go on past an end that was not the last, of a job that was put back', async () => {
        await begin();
        let isMended = false;
        back.work(scope(1), async () => {
          if (!isMended) throw new Error('broken');
          return OK;
        });
        const job = newJob();
        await front.add(job);
        await inState(job.id, 'dead');
        isMended = true;
        await front.retry(job.id);
        await inState(job.id, 'succeeded');
        const states = (await read(front.events(job.id, reading()))).map(({ data }) => data);
        expect(states).toEqual(['waiting', 'active', 'dead', 'waiting', 'active', 'succeeded']);
      });

      it('of an unknown job are none, and a reader that has enough is let go', async () => {
        await begin();
        expect(await read(front.events(randomUUID(), reading()))).toEqual([]);
        const job = newJob();
        await front.add(job);
        const enough = new AbortController();
        const states = read(front.events(job.id, reading(undefined, enough.signal)));
        await sleep(50);
        enough.abort();
        expect(shown(await states)).toEqual(['state "waiting"']);
      });

      it('wait for a slow reader: it misses no item, and the work is never far ahead', async () => {
        await begin({ eventsKept: 16 });
        let [given, taken, most] = [0, 0, 0];
        const job = newJob();
        await front.add(job);
        const events = front.events(job.id, reading())[Symbol.asyncIterator]();
        await events.next(); // a reader is there before the work begins
        back.work(scope(1), async (_job, run) => {
          for (let n = 1; n <= 100; n++) {
            await run.item(n);
            most = Math.max(most, ++given - taken);
          }
          return OK;
        });
        const items: unknown[] = [];
        for (let next = await events.next(); !next.done; next = await events.next()) {
          if (next.value.type !== 'item') continue;
          taken++;
          items.push(next.value.data);
          await sleep(2);
        }
        expect(items).toEqual(Array.from({ length: 100 }, (_, index) => index + 1));
        expect(most).toBeLessThan(64);
      });

      it('that nobody reads hold no job up; the last ones are kept', async () => {
        await begin({ eventsKept: 16 });
        back.work(scope(1), async (_job, run) => {
          for (let n = 1; n <= 200; n++) await run.item(n);
          return OK;
        });
        const job = newJob();
        await front.add(job);
        await whenOver(job.id);
        const kept = shown(await read(front.events(job.id, reading())));
        expect(kept.slice(-2)).toEqual(['item 200', 'state "succeeded"']);
        expect(kept.length).toBeLessThan(150); // some engines trim roughly
      });

      it('that an onlooker does not take hold no job up; it misses some, not the end', async () => {
        await begin({ eventsKept: 16 });
        const job = newJob();
        await front.add(job);
        const events = front.events(job.id, { isOnlooker: true, signal: new AbortController().signal })[Symbol.asyncIterator]();
        await events.next(); // it is there before the work begins
        back.work(scope(1), async (_job, run) => {
          for (let n = 1; n <= 1000; n++) await run.item(n);
          return OK;
        });
        expect(await whenOver(job.id)).toMatchObject({ state: 'succeeded' });
        const rest: JobEvent[] = [];
        for (let next = await events.next(); !next.done; next = await events.next()) rest.push(next.value);
        expect(shown(rest).at(-1)).toBe('state "succeeded"');
        expect(rest.length).toBeLessThan(1000);
      });

      it.each(['nonsense', '-1', '1.5', '1e99', '1-1', '999999', '9'.repeat(300)])(
        'after "%s", which is the id of none, are those from the first one on, and disturb no other reader',
        async (after) => {
          await begin();
          const job = newJob();
          await front.add(job);
          const [odd, other] = [read(front.events(job.id, reading(after))), read(front.events(job.id, reading()))];
          back.work(scope(1), async () => OK);
          expect(shown(await other)).toEqual(['state "waiting"', 'state "active"', 'state "succeeded"']);
          expect(shown(await odd)).toEqual(shown(await other));
        },
      );
    });

    describe('the backlog', () => {
      it('counts what waits, what is delayed and what runs, and how long the oldest has waited', async () => {
        await begin();
        expect(await front.backlog()).toEqual({ waiting: 0, delayed: 0, active: 0, oldestMs: 0 });
        const gate = openable();
        back.work(scope(1), async () => (await gate.opened, OK));
        const active = newJob();
        await front.add(active);
        await inState(active.id, 'active');
        const [second, third] = [newJob(), newJob()];
        for (const job of [second, third, newJob({ delayMs: 60_000 })]) await front.add(job);
        await sleep(60);
        const backlog = await front.backlog();
        expect(backlog).toMatchObject({ waiting: 2, delayed: 1, active: 1 });
        expect(backlog.oldestMs).toBeGreaterThanOrEqual(50);
        gate.open();
        await Promise.all([active, second, third].map(({ id }) => whenOver(id)));
        expect(await front.backlog()).toEqual({ waiting: 0, delayed: 1, active: 0, oldestMs: 0 });
      });

      it('is bounded: one job more is refused, and told when to come again', async () => {
        await begin({ maxWaiting: 2 });
        for (const job of [newJob(), newJob()]) await front.add(job);
        const refused = newJob();
        const error = await front.add(refused).catch((thrown: unknown) => thrown);
        expect(error).toMatchObject({ code: 'overloaded' });
        const { signal } = new AbortController();
        await expect(front.addAndRead(refused, { signal })).rejects.toMatchObject({ code: 'overloaded' });
        expect((error as { retryAfterSeconds: number }).retryAfterSeconds).toBeGreaterThanOrEqual(1);
        expect(await front.find(refused.id)).toBeUndefined();
        back.work(scope(2), async () => OK);
        await eventually(async () => (await front.backlog()).waiting === 0);
        expect(await front.add(refused)).toBe(true);
      });
    });

    describe('a deadline', () => {
      it('that passes while a job waits keeps it from beginning', async () => {
        await begin();
        const job = newJob({ deadline: Date.now() + 50 });
        await front.add(job);
        await sleep(60);
        let runs = 0;
        back.work(scope(1), async () => (runs++, OK));
        expect(await whenOver(job.id)).toMatchObject({ state: 'dead', attempt: 0 });
        expect(runs).toBe(0);
      });

      it('that passes while it runs fires the signal; there is no other try', async () => {
        await begin();
        let cause: unknown;
        let runs = 0;
        back.work(scope(1), async (_job, { signal }) => {
          runs++;
          await aborted(signal);
          cause = (signal.reason as { abortCause?: unknown }).abortCause;
          throw signal.reason as Error;
        });
        const job = newJob({ deadline: Date.now() + 2000, tries: 3 });
        await front.add(job);
        expect(await whenOver(job.id)).toMatchObject({ state: 'dead' });
        expect([cause, runs]).toEqual(['deadline', 1]);
      });
    });

    describe('closing', () => {
      it('lets a job at work end in time, and begins no other', async () => {
        await begin();
        const gate = openable();
        back.work(scope(1), async () => (await gate.opened, OK));
        const [active, waiting] = [newJob(), newJob()];
        for (const job of [active, waiting]) await front.add(job);
        await inState(active.id, 'active');
        const closing = back.close(30_000);
        await sleep(20);
        gate.open();
        await closing;
        expect([await stateOf(active.id), await stateOf(waiting.id)]).toEqual(['succeeded', 'waiting']);
      });

      it('gives back what does not end in time, with its tries as they were', async () => {
        await begin();
        let cause: unknown;
        back.work(scope(1), async (_job: NewJob, { signal }: JobRun) => {
          await aborted(signal);
          cause = (signal.reason as { abortCause?: unknown }).abortCause;
          throw new Error('stopped in the middle');
        });
        const job = newJob({ tries: 1 });
        await front.add(job);
        await inState(job.id, 'active');
        await back.close(20);
        expect(cause).toBe('shutdown');
        expect(await front.find(job.id)).toMatchObject({ state: 'waiting', attempt: 0 });
      });
    });
  });
}

/** Something to wait for until the test opens it. */
function openable(): { readonly opened: Promise<void>; readonly open: () => void } {
  let open!: () => void;
  const opened = new Promise<void>((resolve) => (open = resolve));
  return { opened, open };
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
}

/** Resolves when it has come true; the test's own timeout ends a vain wait. */
async function eventually(isTrue: () => Promise<boolean>): Promise<void> {
  while (!(await isTrue())) await sleep(5);
}
