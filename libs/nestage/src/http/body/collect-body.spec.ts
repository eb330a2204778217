import { Readable } from 'node:stream';
import { RequestContext } from '../../core/context/request-context.js';
import { MemoryLogWriter } from '../../testing/memory-log-writer.js';
import { BodyBudget } from './body-budget.js';
import { collectBody } from './collect-body.js';

const open = (): RequestContext =>
  new RequestContext({ logId: '1', origin: 'http', headers: {}, writer: new MemoryLogWriter(), startedAt: 0 });

function collect(source: Readable, context: RequestContext): Promise<Buffer> {
  return new Promise((done, failed) => {
    const tooLarge = (): Error => new Error('too large');
    collectBody({ source, context, maxBytes: 100, failure: undefined, budget: new BodyBudget(1000) }, { done, failed, tooLarge });
  });
}

describe(collectBody.name, () => {
  it('gives what has come, and leaves no listener behind', async () => {
    const context = open();
    expect(String(await collect(Readable.from([Buffer.from('one '), Buffer.from('two')]), context))).toBe('one two');
    expect(context.abortListenerCount).toBe(0);
  });

  it('fails with the reason when the request is aborted while it waits', async () => {
    const context = open();
    const collected = collect(new Readable({ read: () => undefined }), context);
    context.abort('deadline');
    await expect(collected).rejects.toMatchObject({ code: 'deadline_exceeded', headers: { connection: 'close' } });
  });

  it('fails with the reason when the request was aborted before, and listens to nothing', async () => {
    const [context, source] = [open(), new Readable({ read: () => undefined })];
    context.abort('deadline');
    await expect(collect(source, context)).rejects.toMatchObject({ code: 'deadline_exceeded' });
    expect(source.listenerCount('data') + source.listenerCount('end')).toBe(0);
  });
});
