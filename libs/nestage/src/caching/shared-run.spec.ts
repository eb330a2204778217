import { RequestContext } from '../core/context/request-context.js';
import { StageStream } from '../core/pipeline/stage-stream.js';
import { MemoryLogWriter } from '../testing/memory-log-writer.js';
import type { SharedResult } from './shared-result.js';
import { SharedRun } from './shared-run.js';

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
const log = new MemoryLogWriter();
const open = (logId: string): RequestContext => new RequestContext({ logId, origin: 'http', headers: {}, writer: log, startedAt: 0 });

/** What the source of a stream did. */
let calls: string[];
async function* letters(): AsyncGenerator<string, void, void> {
  try {
    for (const letter of 'abcdefgh') yield letter;
  } finally {
    calls.push('finally');
  }
}
const openLetters = (context: RequestContext): Promise<StageStream> => StageStream.open(letters(), context);

function setUp(work: (context: RequestContext) => unknown, maxReplayBytes = 1000) {
  const leader = open('leader');
  const kept: SharedResult[] = [];
  const told: string[] = [];
  const run = new SharedRun({
    leader,
    maxReplayBytes,
    bytesOf: () => 10,
    copy: (value) => value,
    isDegraded: () => false,
    onClosed: () => told.push('closed'),
    keep: (result) => kept.push(result) > 0,
  });
  run.start(work);
  const again = jest.fn(() => 'again');
  const share = (context: RequestContext): Promise<unknown> => run.share(context, again);
  return { leader, run, kept, told, again, share };
}

describe(SharedRun.name, () => {
  beforeEach(() => (calls = []));

  it("ends a stream with its last reader, also when nobody waits for an item, and lets the source's finally run", async () => {
    const { leader, run, share } = setUp(openLetters);
    const other = open('other');
    const readers = ((await Promise.all([share(leader), share(other)])) as StageStream[]).map((stream) => stream[Symbol.asyncIterator]());
    for (const reader of readers) await reader.next();
    leader.abort('client_closed');
    await turn();
    expect([run.context.signal.aborted, calls]).toEqual([false, []]);
    expect(await readers[1].next()).toEqual({ done: false, value: 'b' });
    other.abort('deadline');
    await turn();
    expect([run.context.signal.reason, calls]).toEqual([other.abortedBy, ['finally']]);
  });

  it('ends a stream that its readers stop reading, without a signal', async () => {
    const { leader, run, share, told } = setUp(openLetters);
    for await (const _ of (await share(leader)) as StageStream) break;
    await turn();
    expect([run.context.signal.aborted, calls, told]).toEqual([false, ['finally'], ['closed']]);
    expect(leader.abortListenerCount).toBe(0);
  });

  it('cuts off a reader that is too far behind, and goes on for the others', async () => {
    const { leader, share, kept } = setUp(openLetters, 20);
    const slow = open('slow');
    const [fast, lagging] = (await Promise.all([share(leader), share(slow)])) as StageStream[];
    const reader = lagging[Symbol.asyncIterator]();
    await reader.next();
    const got: unknown[] = [];
    for await (const letter of fast) got.push(letter);
    expect(got.join('')).toBe('abcdefgh');
    expect(slow.abortedBy?.abortCause).toBe('deadline');
    await expect(reader.next()).rejects.toMatchObject({ code: 'deadline_exceeded' });
    expect(log.of('slow')).toEqual([expect.stringMatching(/^Cut off: .* \(log id leader\)$/)]);
    expect(kept).toEqual([]);
  });

  it('hands a stream that comes with a cookie to one', async () => {
    const { leader, share, again } = setUp((context) => {
      context.response.setHeader('set-cookie', 'session=1');
      return openLetters(context);
    });
    const [own, others] = await Promise.all([share(leader), share(open('other'))]);
    const got: unknown[] = [];
    for await (const letter of own as StageStream) got.push(letter);
    expect([got.join(''), others, again.mock.calls.length]).toEqual(['abcdefgh', 'again', 1]);
  });

  it('gives what only one can have the end of the request that has it', async () => {
    const { leader, run, share } = setUp((context) => {
      context.response.setHeader('set-cookie', 'session=1');
      return 'value';
    });
    expect(await share(leader)).toBe('value');
    leader.abort('client_closed');
    expect(run.context.signal.reason).toBe(leader.abortedBy);
  });

  it("never gives another the leader's cookie, also when the leader has left", async () => {
    let end!: (value: unknown) => void;
    const { leader, run, share, again } = setUp(async (context) => {
      context.response.setHeader('set-cookie', 'session=1');
      return new Promise((resolve) => (end = resolve));
    });
    const others = [open('other'), open('third')];
    const shared = [leader, ...others].map(share);
    shared[0].catch(() => undefined);
    leader.abort('client_closed');
    end('value');
    expect(await Promise.all(shared.slice(1))).toEqual(['again', 'again']);
    expect(others.map(({ pending }) => pending?.headers.get('set-cookie'))).toEqual([undefined, undefined]);
    expect([again.mock.calls.length, run.context.signal.reason]).toEqual([2, leader.abortedBy]);
  });

  it('fails for a request alone when what is handed to it throws', async () => {
    const { leader, share, again } = setUp((context) => {
      context.response.setHeader('set-cookie', 'session=1');
      return 'value';
    });
    again.mockImplementation(() => {
      throw new Error('no place');
    });
    const outcomes = await Promise.allSettled([share(leader), share(open('other'))]);
    expect(outcomes).toMatchObject([{ value: 'value' }, { reason: { message: 'no place' } }]);
  });

  it('fails for all at once when the work throws before it waits', async () => {
    const { leader, share, told } = setUp(() => {
      throw new Error('broken');
    });
    const outcomes = await Promise.allSettled([share(leader), share(open('other'))]);
    expect(outcomes.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
    expect(told).toEqual(['closed']);
  });

  it('keeps nothing that came after everyone had left', async () => {
    let end!: (value: unknown) => void;
    const { leader, share, kept } = setUp(() => new Promise((resolve) => (end = resolve)));
    const shared = share(leader);
    leader.abort('client_closed');
    end('late');
    expect([await shared, kept]).toEqual(['late', []]);
  });
});
