import { Readable } from 'node:stream';

/**
 * Where bytes wait that are too long for a job itself: pictures, documents, answers.
 *
 * Every method rejects with a `WebServiceError` of status 503 (`jobs_unavailable`) when the store can't be reached or is full.
 * @publicApi
 */
export abstract class PayloadStore {
  /** Keeps bytes for at least `keepMs`. @returns the reference to read them by, on any machine of the service */
  abstract put(bytes: Uint8Array, keepMs: number): Promise<string>;

  /** @returns `undefined` when they are unknown, or gone with their time */
  abstract get(reference: string): Promise<Buffer | undefined>;

  abstract delete(reference: string): Promise<void>;

  /** As `put`, for bytes that are on their way. A store that need not hold them in memory does better. */
  async putStream(chunks: AsyncIterable<Uint8Array>, keepMs: number): Promise<string> {
    const collected: Uint8Array[] = [];
    for await (const chunk of chunks) collected.push(chunk);
    return this.put(Buffer.concat(collected), keepMs);
  }

  /** As `get`, without holding all of them in memory where the store need not. */
  async open(reference: string): Promise<Readable | undefined> {
    const bytes = await this.get(reference);
    return bytes && Readable.from([bytes], { objectMode: false });
  }

  /** Lets go of timers and connections. */
  async close(): Promise<void> {
    // nothing is held by itself
  }
}
