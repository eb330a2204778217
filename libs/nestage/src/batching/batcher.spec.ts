import { RequestContext } from '../core/context/request-context.js';
import { type StageEvent, StageEvents } from '../core/pipeline/stage-events.js';
import { FakeClock } from '../testing/fake-clock.js';
import { MemoryLogWriter } from '../testing/memory-log-writer.js';
import { type BatchOptions, resolveBatchOptions } from './batch.options.js';
import { Batcher } from './batcher.js';

interface Call {
  readonly inputs: readonly unknown[];
  readonly end: (results?: unknown) => void;
  readonly fail: (error: unknown) => void;
}

function setUp(options: BatchOptions) {
  const clock = new FakeClock();
  const events = new StageEvents();
  const heard: StageEvent[] = [];
  events.on((event) => heard.push(event));
  const calls: Call[] = [];
  const batcher = new Batcher({
    route: { path: '/x', name: 'X' },
    options: resolveBatchOptions(options),
    events,
    clock,
    call: (items) => {
      const inputs = items.map(({ input }) => input);
      return new Promise((resolve, fail) => calls.push({ inputs, end: (results = inputs) => resolve(results), fail }));
    },
  });
  const open = (deadlineInMs?: number): RequestContext => {
    const context = new RequestContext({ logId: '1', origin: 'http', headers: {}, writer: new MemoryLogWriter(), startedAt: 0 });
    if (deadlineInMs !== undefined) context.deadline = clock.now() + deadlineInMs;
    return context;
  };
  const add = (input: unknown, context = open()): Promise<unknown> => batcher.add(input, context);
  const inputs = (): unknown => calls.map((call) => call.inputs);
  return { clock, heard, calls, open, add, inputs };
}

describe(Batcher.name, () => {
  it('opens the window with the first input, and lets nobody wait longer than maxWaitMs', async () => {
    const { add, clock, inputs, calls, heard } = setUp({ maxSize: 4, maxWaitMs: 20 });
    const first = add('a');
    clock.advance(15);
    const second = add('b');
    clock.advance(4);
    expect(inputs()).toEqual([]);
    clock.advance(1);
    expect(inputs()).toEqual([['a', 'b']]);
    expect(heard).toMatchObject([
      { type: 'batch.waited', route: '/x', waitedMs: 20 },
      { type: 'batch.waited', route: '/x', waitedMs: 5 },
    ]);
    clock.advance(30);
    calls[0].end([1, 2]);
    await expect(Promise.all([first, second])).resolves.toEqual([1, 2]);
    expect(heard.at(-1)).toEqual({ type: 'batch.done', route: '/x', items: 2, calls: 1, outcome: 'ok', durationMs: 30 });
    expect(clock.pendingTimers).toBe(0);
  });

  it('sends a full batch at once', () => {
    const { add, inputs, clock } = setUp({ maxSize: 2 });
    void add('a');
    void add('b');
    expect(inputs()).toEqual([['a', 'b']]);
    expect(clock.pendingTimers).toBe(0);
  });

  it('gathers what comes while maxConcurrent batches run, in the order in which it came', async () => {
    const { add, inputs, calls, clock } = setUp({ maxSize: 3, maxWaitMs: 0, maxConcurrent: 2, queue: 10 });
    for (const input of ['a', 'b', 'c', 'd', 'e', 'f', 'g']) void add(input);
    expect(inputs()).toEqual([['a'], ['b']]);
    calls[1].end();
    await clock.advanceAsync(0);
    expect(inputs()).toEqual([['a'], ['b'], ['c', 'd', 'e']]);
    calls[0].end();
    await clock.advanceAsync(0);
    expect(inputs()).toEqual([['a'], ['b'], ['c', 'd', 'e'], ['f', 'g']]);
  });

  it('counts by sizeOf; what is larger than a batch goes alone', async () => {
    const { add, inputs, calls, clock } = setUp({ maxSize: 10, maxWaitMs: 5, queue: 100, sizeOf: (text: string) => text.length });
    for (const input of ['four', 'fives', '', 'x'.repeat(50), 'six six six']) void add(input);
    expect(inputs()).toEqual([['four', 'fives', '']]);
    for (const sent of [['x'.repeat(50)], ['six six six']]) {
      calls.at(-1)?.end();
      await clock.advanceAsync(0);
      expect(calls.at(-1)?.inputs).toEqual(sent);
    }
  });

  it.each([-1, Number.NaN, '3'])('fails an input of which sizeOf gives %p', (size) => {
    const { add } = setUp({ sizeOf: () => size as number });
    expect(() => add('a')).toThrow(expect.objectContaining({ code: 'processing_error', message: expect.stringContaining(String(size)) }));
  });

  it('refuses what finds no place to wait, and tells when to come again', async () => {
    const { add, calls, clock, heard } = setUp({ maxSize: 2, queue: 2 });
    void add(1);
    void add(2);
    clock.advance(3000);
    calls[0].end();
    await clock.advanceAsync(0);
    for (let input = 3; input <= 6; input++) void add(input);
    expect(() => add(7)).toThrow(expect.objectContaining({ code: 'overloaded', retryAfterSeconds: 3 }));
    expect(heard.at(-1)).toMatchObject({ type: 'batch.refused', reason: 'overloaded' });
  });

  it('refuses what would come too late: after the window, or after the batches before it', async () => {
    const { add, open, calls, clock, heard } = setUp({ maxSize: 2, maxWaitMs: 20 });
    expect(() => add('a', open(20))).toThrow(expect.objectContaining({ code: 'deadline_exceeded' }));
    void add('a', open(21));
    void add('b', open(2)); // it makes the batch full
    expect(calls).toHaveLength(1);
    clock.advance(100);
    calls[0].end();
    await clock.advanceAsync(0);
    void add('a');
    void add('b');
    expect(() => add('c', open(90))).toThrow(expect.objectContaining({ code: 'deadline_exceeded' }));
    expect(heard.at(-1)).toMatchObject({ type: 'batch.refused', reason: 'deadline' });
    void add('c', open(110));
  });

  it('is not kept from work for good by one slow batch', async () => {
    const { add, open, calls, clock } = setUp({ maxSize: 1 });
    void add('slow');
    clock.advance(100_000);
    calls[0].end();
    await clock.advanceAsync(0);
    void add('next', open(50));
    expect(calls).toHaveLength(2);
  });

  it('lets an aborted input leave: before its batch without a trace, from a running one without its result', async () => {
    const { add, open, inputs, calls, clock, heard } = setUp({ maxSize: 3, maxWaitMs: 10 });
    const [early, late] = [open(), open()];
    const gone = add('early', early);
    const dropped = add('late', late);
    const stays = add('stays');
    expect(inputs()).toEqual([['early', 'late', 'stays']]);
    late.abort('client_closed');
    await expect(dropped).rejects.toMatchObject({ abortCause: 'client_closed' });
    calls[0].end();
    await expect(Promise.all([gone, stays])).resolves.toEqual(['early', 'stays']);
    const waiting = add('early', early);
    clock.advance(4);
    early.abort('deadline');
    await expect(waiting).rejects.toMatchObject({ abortCause: 'deadline' });
    expect(heard.at(-1)).toMatchObject({ type: 'batch.left', cause: 'deadline', waitedMs: 4 });
    expect([clock.pendingTimers, early.abortListenerCount, calls.length]).toEqual([0, 0, 1]);
    await expect(add('aborted already', early)).rejects.toMatchObject({ abortCause: 'deadline' });
  });

  it('gives the place of a batch that never ends to the next, five minutes after the last of its requests', async () => {
    const { add, open, calls, clock } = setUp({ maxSize: 1 });
    const context = open();
    const hanging = add('hangs', context);
    context.abort('deadline');
    await expect(hanging).rejects.toMatchObject({ abortCause: 'deadline' });
    const next = add('next');
    await clock.advanceAsync(299_999);
    expect(calls).toHaveLength(1);
    await clock.advanceAsync(1);
    calls[1].end();
    await expect(next).resolves.toBe('next');
    calls[0].end();
    await clock.advanceAsync(0);
    expect(clock.pendingTimers).toBe(0);
  });
});
