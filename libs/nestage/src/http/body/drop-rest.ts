import type { IncomingMessage } from 'node:http';
import { systemClock } from '../../common/clock.js';
import { RequestError } from '../../core/errors/service-errors.js';

/** How long a client that is still sending has to come to its answer, once the answer has left. */
const LINGER_MS = 2000;

/**
 * Takes what is left of a refused body and drops it, so that a client that is still sending gets to the answer.
 *
 * Where the answer closes the connection, only our side of it is closed at first: to close it while bytes are coming would reset it, and
 * the client would see a broken connection in place of the refusal, and most likely try again.
 * @internal
 */
export function dropRest(request: IncomingMessage, refusal: unknown): void {
  if (request.complete) return;
  request.unpipe();
  request.resume();
  if (!(refusal instanceof RequestError && refusal.headers['connection'] === 'close')) return;
  const { socket } = request;
  // Node's server calls it after the last answer of a connection.
  socket.destroySoon = () => {
    socket.end();
    socket.once(
      'close',
      systemClock.schedule(LINGER_MS, () => socket.destroy()),
    );
  };
}
