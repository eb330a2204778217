import { MemoryLogWriter } from '../../testing/memory-log-writer.js';
import { RequestAbortedError } from './request-aborted.error.js';
import { RequestContext } from './request-context.js';

describe('RequestContext', () => {
  let writer: MemoryLogWriter;
  let context: RequestContext;

  beforeEach(() => {
    writer = new MemoryLogWriter();
    context = new RequestContext({ logId: 'id-1', origin: 'http', headers: { accept: '*/*' }, writer, startedAt: 5 });
  });

  it('fires its signal with a typed reason; the first cause stands', () => {
    const { signal } = context;
    expect([signal.aborted, context.abortedBy]).toEqual([false, undefined]);
    context.abort('deadline');
    context.abort('client_closed');
    expect(signal.aborted).toBe(true);
    expect(signal.reason).toBeInstanceOf(RequestAbortedError);
    expect(signal.reason).toMatchObject({ abortCause: 'deadline', code: 'deadline_exceeded' });
    expect(context.abortedBy).toBe(signal.reason);
  });

  it('detaches a context for work that outlives it: same id and state, own signal, reply and end', () => {
    context.state.set('who', 'Ada');
    context.deadline = 1000;
    context.isDeadlineShortened = true;
    context.path = '/x';
    const detached = context.detached();
    expect(detached).toMatchObject({ logId: 'id-1', headers: { accept: '*/*' }, deadline: 1000, isDeadlineShortened: true, path: '/x' });
    detached.state.set('result', 1);
    detached.response.setHeader('x-model', 'a');
    context.abort('client_closed');
    context.dispose();
    expect([detached.signal.aborted, detached.state.get('who'), context.state.has('result')]).toEqual([false, 'Ada', false]);
    expect(context.response.headers.size).toBe(0);
    detached.abort('client_closed', context.abortedBy);
    expect(detached.signal.reason).toBe(context.abortedBy);
  });

  it('gives a signal that has fired to whoever asks after the abort', () => {
    context.abort('shutdown');
    expect(context.signal.aborted).toBe(true);
    expect(context.signal.reason).toBe(context.abortedBy);
  });

  it('is not aborted any more when it is over', () => {
    const { signal } = context;
    context.dispose();
    context.abort('client_closed');
    expect([signal.aborted, context.abortedBy]).toEqual([false, undefined]);
  });

  it('tells listeners of the abort once, late ones at once, and none that was taken away or is over', () => {
    const heard: string[] = [];
    context.onAbort(() => heard.push('first'));
    const release = context.onAbort(() => heard.push('released'));
    release();
    expect(context.abortListenerCount).toBe(1);
    context.abort('cancelled');
    context.abort('cancelled');
    context.onAbort((reason) => heard.push(`late ${reason.abortCause}`));
    expect(heard).toEqual(['first', 'late cancelled']);
    expect(context.abortListenerCount).toBe(0);

    const other = new RequestContext({ logId: 'id-2', origin: 'job', headers: {}, writer, startedAt: 0 });
    other.onAbort(() => heard.push('never'));
    other.dispose();
    other.abort('deadline');
    expect([heard.length, other.abortListenerCount]).toEqual([2, 0]);
  });

  it('tells each listener of the abort although others go, themselves or each other, meanwhile', () => {
    const heard: string[] = [];
    const releases = ['a', 'b', 'c', 'd'].map((name) =>
      context.onAbort(() => {
        heard.push(name);
        if (name === 'a') releases[0]();
        if (name === 'b') releases[2]();
      }),
    );
    context.abort('cancelled');
    expect(heard).toEqual(['a', 'b', 'd']);
  });

  it('releases what was bound to it once, what was bound last first', () => {
    const released: string[] = [];
    context.onDispose(() => released.push('first'));
    context.onDispose(() => released.push('second'));
    context.dispose();
    context.dispose();
    expect(released).toEqual(['second', 'first']);
    context.onDispose(() => released.push('late'));
    expect(released).toEqual(['second', 'first', 'late']);
  });

  it('releases the rest although one release fails', () => {
    const released: string[] = [];
    context.onDispose(() => released.push('first'));
    context.onDispose(() => {
      throw new Error('stuck');
    });
    context.onDispose(() => released.push('last'));
    expect(() => context.dispose()).toThrow('stuck');
    expect(released).toEqual(['last', 'first']);
  });

  it('logs under its id', () => {
    context.logger.info('hello');
    context.logger.debug(() => 'made when wanted');
    expect(writer.records).toEqual([
      { level: 'INFO', message: 'hello', logId: 'id-1' },
      { level: 'DEBUG', message: 'made when wanted', logId: 'id-1' },
    ]);
  });

  it('keeps status, headers and state for the reply; the last value of a header wins, whatever its case', () => {
    expect(context.response.status).toBeUndefined();
    context.response.status = 201;
    context.response.setHeader('X-Model', 'a');
    context.response.setHeader('x-model', 'b');
    context.state.set('step', 1);
    expect(context.response.status).toBe(201);
    expect([...context.response.headers]).toEqual([['x-model', 'b']]);
    expect(context.state.get('step')).toBe(1);
  });
});
