import { brokenForm } from './refusals.js';

/**
 * Reads a stream of bytes up to marks in it, holding no more than a chunk of it.
 * @internal
 */
export class ByteScanner {
  private readonly chunks: AsyncIterator<Buffer>;

  /** @param rest bytes that stand before the stream */
  constructor(
    source: AsyncIterable<Buffer>,
    private rest: Buffer,
  ) {
    this.chunks = source[Symbol.asyncIterator]();
  }

  /**
   * What comes before the mark, which is taken, too.
   * @throws ValidationError `invalid_form` when the stream ends without it
   */
  async *until(mark: Buffer): AsyncGenerator<Buffer, void, void> {
    for (;;) {
      const at = this.rest.indexOf(mark);
      if (at > 0) yield this.rest.subarray(0, at);
      if (at >= 0) return this.take(at + mark.length);
      const safe = this.rest.length - mark.length + 1; // the mark may have begun in the last bytes
      if (safe > 0) {
        yield this.rest.subarray(0, safe);
        this.take(safe);
      }
      await this.need();
    }
  }

  async skip(mark: Buffer): Promise<void> {
    for await (const _ of this.until(mark)); // nothing of it is of use
  }

  /** The text before the mark. @throws ValidationError `invalid_form` when it is longer than `maxBytes` */
  async text(mark: string, maxBytes: number): Promise<string> {
    for (let from = 0; ; await this.need()) {
      const at = this.rest.indexOf(mark, from);
      if (at > maxBytes || (at < 0 && this.rest.length > maxBytes + mark.length)) throw brokenForm(new Error('a header is too long'));
      from = Math.max(0, this.rest.length - mark.length + 1);
      if (at < 0) continue;
      const text = this.rest.toString('utf8', 0, at);
      this.take(at + mark.length);
      return text;
    }
  }

  /** The next bytes, left where they are. */
  async peek(length: number): Promise<string> {
    while (this.rest.length < length) await this.need();
    return this.rest.toString('latin1', 0, length);
  }

  unread(text: string): void {
    this.rest = Buffer.concat([Buffer.from(text), this.rest]);
  }

  /** Takes the rest of the stream. */
  async drain(): Promise<void> {
    this.rest = Buffer.alloc(0);
    while (!(await this.chunks.next()).done);
  }

  /** Wants no more of the stream. */
  async close(): Promise<void> {
    await this.chunks.return?.();
  }

  private take(length: number): void {
    this.rest = this.rest.subarray(length);
  }

  private async need(): Promise<void> {
    const next = await this.chunks.next();
    if (next.done) throw brokenForm(new Error('the form ends too early'));
    this.rest = this.rest.length === 0 ? next.value : Buffer.concat([this.rest, next.value]);
  }
}
