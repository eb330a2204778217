import { ServerResponse } from 'node:http';
import { Readable } from 'node:stream';
import type { ItemReceiver, ItemSource } from '../../common/items/item-source.js';
import { itemsOf } from '../../common/items/iterator-items.js';
import { contextStorage } from '../../core/context/context-storage.js';
import type { StageContext } from '../../core/context/stage-context.js';
import { ChunkWriter } from './chunk-writer.js';

/**
 * Chunks of an answer as a Readable, which is what Nest and its interceptors know. Piped to a response, as both adapters do, it hands each
 * chunk over itself: a Readable's own way takes longer than all the rest of an item. The source always runs within the request's context:
 * later chunks are asked for from socket events, which belong to no request.
 * @internal
 */
export class ReplyStream extends Readable implements ItemReceiver<string> {
  private readonly source: ItemSource<string>;
  private isWritten = false;
  private isAsked = false;

  constructor(
    chunks: AsyncIterable<string>,
    private readonly context: StageContext,
  ) {
    super();
    this.source = itemsOf(chunks);
  }

  override pipe<T extends NodeJS.WritableStream>(destination: T, options?: { readonly end?: boolean }): T {
    const isReadAlready = this.readableFlowing !== null || this.isAsked || this.readableLength > 0;
    if (isReadAlready || !(destination instanceof ServerResponse)) return super.pipe(destination, options);
    const { source, context } = this;
    this.isWritten = true;
    this.pause(); // whoever else comes to read is late
    if (options?.end !== false) this.once('end', () => void destination.end());
    if (!this.destroyed) new ChunkWriter({ source, context, response: destination, over: this }).ask();
    return destination;
  }

  override _read(): void {
    if (this.isAsked || this.isWritten) return;
    this.isAsked = true;
    contextStorage.run(this.context, () => this.source.ask(this));
  }

  override _destroy(error: Error | null, callback: (error: Error | null) => void): void {
    const closing = contextStorage.run(this.context, () => this.source.close());
    closing.catch(() => undefined); // its reader has gone: no one is left to tell
    callback(error);
  }

  item(chunk: string): void {
    this.isAsked = false;
    if (!this.destroyed) this.push(chunk);
  }

  end(): void {
    this.push(null);
    if (this.isWritten) this.resume(); // there is nothing to read but the end
  }

  fail(error: unknown): void {
    this.destroy(error as Error);
  }
}
