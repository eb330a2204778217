import { OutgoingMessage, type ServerResponse } from 'node:http';

/**
 * Writes the chunks of an answer to its response. Node makes four writes of a chunk, its length, two line ends and itself, puts them together
 * and sends them by another call of the system than one piece takes: a fifth of what a short chunk costs. So chunks after the first, whose
 * write sends the head, are framed here and go to the socket in one piece, unless the response is one on which anything differs: a `write` that
 * middleware has replaced, no chunked encoding, no socket yet, HTTP/2.
 * @see https://www.rfc-editor.org/rfc/rfc9112#section-7.1
 * @internal
 */
export class ChunkWriter {
  private isHeadSent = false;

  /** @param onDrain is called when more may be written, once after each write that said no */
  constructor(
    private readonly response: ServerResponse,
    private readonly onDrain: () => void,
  ) {}

  /** @returns whether the next chunk may follow at once */
  write(chunk: string | Uint8Array): boolean {
    const { response } = this;
    if (response.destroyed) return false;
    if (chunk.length === 0) return true; // as a chunk, it would be the end
    const target = this.isHeadSent && typeof chunk === 'string' && isPlain(response) ? response.socket : null;
    this.isHeadSent = true;
    const mayGoOn = target ? target.write(`${Buffer.byteLength(chunk).toString(16)}\r\n${chunk as string}\r\n`) : response.write(chunk);
    if (!mayGoOn) (target ?? response).once('drain', this.onDrain);
    return mayGoOn;
  }
}

function isPlain(response: ServerResponse): boolean {
  return (
    response.write === OutgoingMessage.prototype.write &&
    response.chunkedEncoding &&
    response.writableCorked === 0 &&
    !response.writableEnded
  );
}
