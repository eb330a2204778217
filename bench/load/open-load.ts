import { OpenClient } from './open-client.js';
import type { LoadResult, OpenLoad } from './load.types.js';
import { requestText } from './request-text.js';
import { Tally } from './tally.js';

const TICK_MS = 1;

/** Requests are due at equal distances; each uses a connection that is free, or opens another. Latencies count from when they were due. */
export function runOpenLoad({ port, requests, durationMs, perSecond, deadlineMs, settleMs }: OpenLoad): Promise<LoadResult> {
  const texts = requests.map((request) => requestText(request, port));
  const unheeded = new Tally();
  const tally = new Tally();
  const idle: OpenClient[] = [];
  const busy = new Set<OpenClient>();
  const startedAt = performance.now();
  let sent = 0;

  return new Promise((resolve) => {
    const timer = setInterval(() => {
      const now = performance.now();
      const due = Math.floor((Math.min(now - startedAt, settleMs + durationMs) / 1000) * perSecond);
      while (sent < due) {
        const offsetMs = (sent / perSecond) * 1000;
        const client = idle.pop() ?? new OpenClient(port, idle, busy);
        client.send(texts[sent++ % texts.length], startedAt + offsetMs, offsetMs < settleMs ? unheeded : tally);
      }
      for (const client of busy) if (!client.hangUpAfter(now - deadlineMs)) break; // in the order they were sent
      if (now - startedAt < settleMs + durationMs || busy.size > 0) return;
      clearInterval(timer);
      for (const client of idle) client.close();
      resolve(tally.result(durationMs));
    }, TICK_MS);
  });
}
