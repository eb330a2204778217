import { Turns } from './turns.js';

/** Lets promises that are settled be seen as settled. */
const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe('Turns', () => {
  it('lets as many in at once as there are places', async () => {
    const turns = new Turns(2);
    const entered: number[] = [];
    for (const id of [1, 2, 3]) void turns.take().then(() => entered.push(id));
    await settle();
    expect(entered).toEqual([1, 2]);
    expect(turns.load).toBe(3);
  });

  it('keeps the order in which they came, with and without a signal', async () => {
    const turns = new Turns(1);
    const entered: number[] = [];
    const work = async (id: number): Promise<void> => {
      const giveBack = await turns.take(id % 2 === 0 ? new AbortController().signal : undefined);
      entered.push(id);
      await settle();
      giveBack();
    };
    await Promise.all([1, 2, 3, 4, 5, 6].map(work));
    expect(entered).toEqual([1, 2, 3, 4, 5, 6]);
    expect(turns.load).toBe(0);
  });

  it('drops who waits when the signal fires, and no one else', async () => {
    const turns = new Turns(1);
    const giveBack = await turns.take();
    const controller = new AbortController();
    const leaving = turns.take(controller.signal);
    const staying = turns.take();
    const reason = new Error('the client has gone');
    controller.abort(reason);
    await expect(leaving).rejects.toBe(reason);
    expect(turns.load).toBe(2);
    giveBack();
    await staying;
  });

  it('leaves no listener on a signal', async () => {
    const turns = new Turns(1);
    const { signal } = new AbortController();
    const remove = jest.spyOn(signal, 'removeEventListener');
    const giveBack = await turns.take(signal);
    const second = turns.take(signal);
    giveBack();
    await second;
    expect(remove).toHaveBeenCalledTimes(2);
  });

  it('does not wait when the signal has fired already', async () => {
    const reason = new Error('too late');
    await expect(new Turns(1).take(AbortSignal.abort(reason))).rejects.toBe(reason);
  });

  it('refuses all who wait or come once it is closed', async () => {
    const turns = new Turns(1);
    const giveBack = await turns.take();
    const waiting = turns.take();
    const reason = new Error('closed');
    turns.close(reason);
    await expect(waiting).rejects.toBe(reason);
    await expect(turns.take()).rejects.toBe(reason);
    giveBack();
    expect(turns.load).toBe(0);
  });
});
