import type { IncomingMessage } from 'node:http';
import type { StageContext } from '../../core/context/stage-context.js';
import { kilobytes } from '../../common/size.js';
import type { FileContent } from '../../http/body/file-content.js';
import { FileSink } from '../../http/body/file-sink.js';
import type { TappedRequest } from '../../http/body/body-taps.js';

/** Up to here a copy stays in memory; a longer one is a temporary file. */
const MEMORY_BYTES = kilobytes(64);
const COPY = Symbol('nestage:body-copy');

/** A body as it came over the wire, compressed or not. @internal */
export interface CopiedBody {
  readonly content: FileContent;
  readonly size: number;
}

/** Takes a copy of the body of a request while it is read. @internal */
export function copyBody({ request, route, context, intake }: TappedRequest): void {
  const hasBody = request.headers['transfer-encoding'] !== undefined || Number(request.headers['content-length'] ?? 0) > 0;
  if (!hasBody || route.method === 'GET') return;
  const copy = new BodyCopy(request, new FileSink(intake(), MEMORY_BYTES), route.maxBodyBytes);
  context.state.set(COPY, copy);
  context.onDispose(() => copy.stop());
}

/** The copy that was taken, complete when the body has been read; `undefined` for a request without a body. @internal */
export function copiedBodyOf({ state }: StageContext): Promise<CopiedBody | undefined> {
  return (state.get(COPY) as BodyCopy | undefined)?.finish() ?? Promise.resolve(undefined);
}

class BodyCopy {
  private written = Promise.resolve();
  private readonly onData = this.add.bind(this);

  constructor(
    private readonly request: IncomingMessage,
    private readonly sink: FileSink,
    private readonly maxBytes: number,
  ) {
    request.on('data', this.onData);
    this.written.catch(() => undefined);
  }

  async finish(): Promise<CopiedBody | undefined> {
    await this.written;
    const content = await this.sink.finish();
    return this.sink.size > 0 ? { content, size: this.sink.size } : undefined;
  }

  stop(): void {
    this.request.off('data', this.onData);
  }

  private add(chunk: Buffer): void {
    if (this.sink.size + chunk.length > this.maxBytes) return this.stop(); // the reader refuses it
    this.written = this.written.then(() => this.sink.add(chunk));
    this.written.catch(() => undefined); // told by `finish`, if anybody asks
  }
}
