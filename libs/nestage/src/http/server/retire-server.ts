import type { Server } from 'node:http';
import { Server as SocketServer } from 'node:net';
import { delay } from '../../common/abort.js';

/** How long clients that keep their connections have to send one more request on them, which is told that it was the last. */
const LAST_CALL_MS = 500;
const LOOK_MS = 25;

/**
 * Takes no further connections and lets those that are open go one by one: the next answer on each says that it closes, then idle ones
 * are closed. Resolves when none is left, or after `withinMs`. For a process whose port others go on serving: nobody is refused.
 * @internal
 */
export async function retireServer(server: Server, withinMs: number): Promise<void> {
  const startedAt = performance.now();
  let isClosed = false;
  // not http's own `close`, which would cut connections that are idle for a moment
  SocketServer.prototype.close.call(server, () => (isClosed = true));
  server.maxRequestsPerSocket = 1;
  await delay(Math.min(LAST_CALL_MS, withinMs));
  while (!isClosed && performance.now() - startedAt < withinMs) {
    server.closeIdleConnections();
    await delay(LOOK_MS);
  }
}
