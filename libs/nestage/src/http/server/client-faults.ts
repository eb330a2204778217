import { type Server, type ServerResponse, STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';
import type { LogWriter } from '../../core/log/log-writer.js';

/** A fault of the bytes on a connection, as node tells it. */
interface ClientFault extends Error {
  readonly code?: string;
}

type ClientSocket = Socket & { readonly _httpMessage?: ServerResponse | null };

const STATUSES: Readonly<Record<string, number>> = {
  HPE_HEADER_OVERFLOW: 431,
  HPE_CHUNK_EXTENSIONS_OVERFLOW: 413,
  ERR_HTTP_REQUEST_TIMEOUT: 408,
};

/**
 * Tells the log of what is refused before it is a request: bytes that are no HTTP, two lengths, headers that are too long or too slow. They are
 * answered as node does by itself, which it leaves to its listeners as soon as there is one; or by a listener that was there before, as of Fastify.
 * @internal
 */
export function tellClientFaults(server: Server, log: LogWriter): void {
  const isAnswered = server.listenerCount('clientError') > 0;
  server.prependListener('clientError', (error: ClientFault, socket) => {
    const { code = '' } = error;
    const isFault = code.startsWith('HPE_') || code === 'ERR_HTTP_REQUEST_TIMEOUT';
    const status = STATUSES[code] ?? 400;
    const address = (socket as Socket).remoteAddress ?? 'unknown';
    if (isFault) log.write('WARNING', `Request refused: ${status} ${STATUS_CODES[status]}, ${code}, from ${address}`);
    if (!isAnswered) answer(socket as ClientSocket, status, error);
  });
}

function answer(socket: ClientSocket, status: number, error: Error): void {
  const hasBegun = socket._httpMessage?.headersSent ?? false;
  if (socket.writable && !hasBegun) socket.write(`HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\nConnection: close\r\n\r\n`);
  socket.destroy(error);
}
