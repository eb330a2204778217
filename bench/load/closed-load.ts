import type { ClosedLoad, LoadResult } from './load.types.js';
import { RawConnection } from './raw-connection.js';
import { requestText } from './request-text.js';
import { Tally } from './tally.js';

/** Runs until the time or the requests are over; what is under way then is waited for, and its time counts. */
export function runClosedLoad({
  port,
  requests,
  durationMs,
  clients,
  maxRequests = Infinity,
  isAwake = false,
}: ClosedLoad): Promise<LoadResult> {
  const texts = requests.map((request) => requestText(request, port));
  const tally = new Tally();
  const startedAt = performance.now();
  const endsAt = startedAt + durationMs;

  const runClient = (): Promise<void> =>
    new Promise((resolve) => {
      let sentAt = 0;
      let firstByteAt = 0;
      let isWaiting = false;
      const next = (): void => {
        sentAt = performance.now();
        if (sentAt >= endsAt || tally.sent >= maxRequests) return connection.destroy();
        isWaiting = true;
        connection.send(texts[tally.sent++ % texts.length]);
      };
      const connection = new RawConnection(port, {
        onOpen: next,
        onFirstByte: () => {
          firstByteAt = performance.now();
        },
        onResponse: (status) => {
          isWaiting = false;
          tally.answered(status, performance.now() - sentAt, firstByteAt - sentAt);
          next();
        },
        onClose: () => {
          if (isWaiting) tally.lost++;
          resolve();
        },
      });
    });

  const sleep = isAwake ? stayAwake() : (): void => undefined;
  return Promise.all(Array.from({ length: clients }, runClient)).then(() => {
    sleep();
    return tally.result(performance.now() - startedAt);
  });
}

/** @returns what ends it */
function stayAwake(): () => void {
  let isOver = false;
  const turn = (): void => void (isOver || setImmediate(turn));
  turn();
  return () => {
    isOver = true;
  };
}
