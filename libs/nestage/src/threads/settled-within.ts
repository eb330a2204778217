import type { Clock } from '../common/clock.js';

/** Resolves when `work` has settled, however it did, or when the time is over. @internal */
export async function settledWithin(timeMs: number, work: Promise<unknown>, clock: Clock): Promise<void> {
  await new Promise<void>((resolve) => {
    const cancel = clock.schedule(timeMs, resolve);
    const end = (): void => {
      cancel();
      resolve();
    };
    work.then(end, end);
  });
}
