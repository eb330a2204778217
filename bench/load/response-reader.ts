/** What the bytes so far have made of the response. */
export type ReadState = 'head' | 'body' | 'complete';

const HEAD_END = '\r\n\r\n';
const LAST_CHUNK = '0\r\n\r\n';

/**
 * Reads responses that come one after the other on one connection: as little as is needed to know the status, where the body begins and where it
 * ends. Understands `content-length` and chunks.
 */
export class ResponseReader {
  /** Of the response that is being read, or was read last. */
  status = 0;
  private head = '';
  private state: ReadState = 'complete';
  /** Bytes of the body still to come; -1 for chunks. */
  private missing = 0;
  private tail = '';

  read(buffer: Buffer, size: number): ReadState {
    if (this.state === 'complete') this.begin();
    let start = 0;
    if (this.state === 'head') {
      start = this.readHead(buffer, size);
      if (start < 0) return 'head';
    }
    if (this.missing >= 0) this.missing -= size - start;
    else this.tail = (this.tail + buffer.toString('latin1', Math.max(start, size - LAST_CHUNK.length), size)).slice(-LAST_CHUNK.length);
    const isComplete = this.missing === 0 || (this.missing < 0 && this.tail === LAST_CHUNK);
    if (isComplete) return (this.state = 'complete');
    return start < size ? 'body' : 'head';
  }

  private begin(): void {
    this.head = '';
    this.tail = '';
    this.state = 'head';
  }

  /** @returns where the body begins in the buffer, or -1 while the head is incomplete */
  private readHead(buffer: Buffer, size: number): number {
    const before = this.head.length;
    this.head += buffer.toString('latin1', 0, size);
    const end = this.head.indexOf(HEAD_END, Math.max(0, before - HEAD_END.length));
    if (end < 0) return -1;
    const head = this.head.slice(0, end);
    this.status = Number(head.slice(9, 12));
    const length = /\ncontent-length: *(\d+)/i.exec(head)?.[1];
    this.missing = length === undefined ? -1 : Number(length);
    this.state = 'body';
    return end + HEAD_END.length - before;
  }
}
