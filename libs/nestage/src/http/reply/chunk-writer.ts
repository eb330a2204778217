import { OutgoingMessage, type ServerResponse } from 'node:http';
import type { ItemReceiver, ItemSource } from '../../common/items/item-source.js';
import { contextStorage } from '../../core/context/context-storage.js';
import type { StageContext } from '../../core/context/stage-context.js';

/** What an answer in chunks is written with. @internal */
export interface ChunkWriterInit {
  readonly source: ItemSource<string>;
  readonly context: StageContext;
  readonly response: ServerResponse;
  /** Told of the end, which it has to write, and of a failure, also of what is no chunk. */
  readonly over: Pick<ItemReceiver<string>, 'end' | 'fail'>;
}

/**
 * Writes the chunks of an answer to its response, each when the one before it may be followed. Node makes four writes of a chunk, its length,
 * two line ends and itself, puts them together and sends them by another call of the system than one piece takes: a fifth of what a short chunk
 * costs. So chunks after the first, whose write sends the head, are framed here and go to the socket in one piece, unless the response is one on
 * which anything differs: a `write` that middleware has replaced, no chunked encoding, no socket yet, HTTP/2. The source always runs within the
 * request's context: later chunks are asked for from socket events, which belong to no request.
 * @see https://www.rfc-editor.org/rfc/rfc9112#section-7.1
 * @internal
 */
export class ChunkWriter implements ItemReceiver<string> {
  private isHeadSent = false;

  constructor(private readonly init: ChunkWriterInit) {}

  /** Asks for the next chunk. */
  ask(): void {
    contextStorage.run(this.init.context, () => this.init.source.ask(this));
  }

  item(chunk: string): void {
    try {
      if (this.write(chunk)) this.init.source.ask(this);
    } catch (error) {
      this.fail(error); // what is no chunk
    }
  }

  end(): void {
    this.init.over.end();
  }

  fail(error: unknown): void {
    this.init.over.fail(error);
  }

  /** @returns whether the next chunk may follow at once */
  private write(chunk: string): boolean {
    const { response } = this.init;
    if (response.destroyed) return false;
    if (chunk.length === 0) return true; // as a chunk, it would be the end
    const target = this.isHeadSent && typeof chunk === 'string' && isPlain(response) ? response.socket : null;
    this.isHeadSent = true;
    const mayGoOn = target ? target.write(`${Buffer.byteLength(chunk).toString(16)}\r\n${chunk}\r\n`) : response.write(chunk);
    if (!mayGoOn) (target ?? response).once('drain', () => this.ask());
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
