import type { ServerResponse } from 'node:http';
import { StreamableFile } from '@nestjs/common';
import type { ItemReceiver, ItemSource } from '../../common/items/item-source.js';
import { itemsOf } from '../../common/items/iterator-items.js';
import { contextStorage } from '../../core/context/context-storage.js';
import type { RequestContext } from '../../core/context/request-context.js';
import type { EncodedStream } from '../../core/protocol/route-protocol.js';
import { ChunkWriter } from './chunk-writer.js';
import { ReplyStream } from './reply-stream.js';

/**
 * An answer in chunks that has been announced: written to the response at once where Nest and its adapter would only hand it on, which costs as
 * much as all else that is done for an item; else a file as Nest knows it.
 * @internal
 */
export class StreamReply implements Pick<ItemReceiver<string>, 'end' | 'fail'> {
  private source: ItemSource<string> | undefined;
  private response: ServerResponse | undefined;

  /** @param onFailure is told why a reply was cut, should the chunks fail */
  constructor(
    private readonly stream: EncodedStream,
    private readonly context: RequestContext,
    private readonly onFailure: (error: unknown) => void,
  ) {}

  toFile(): StreamableFile {
    const { contentType, chunks } = this.stream;
    return new StreamableFile(new ReplyStream(chunks, this.context), { type: contentType });
  }

  /** Reads no further when the request is over. */
  writeTo(response: ServerResponse): void {
    const { context } = this;
    const source = itemsOf(this.stream.chunks);
    this.source = source;
    this.response = response;
    context.onDispose(() => this.close());
    new ChunkWriter({ source, context, response, over: this }).ask();
  }

  end(): void {
    this.source = undefined;
    this.response?.end();
  }

  fail(error: unknown): void {
    this.close();
    this.onFailure(error);
    this.response?.destroy();
  }

  private close(): void {
    const { source } = this;
    this.source = undefined;
    if (source) contextStorage.run(this.context, () => source.close()).catch(() => undefined); // no one is left to tell
  }
}
