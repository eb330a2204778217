import { Readable } from 'node:stream';
import { SystemError } from '../../core/errors/service-errors.js';
import type { PayloadStore } from '../../core/jobs/payload-store.js';

/** Bytes as a job carries them: in itself, in base64, when they are few, else by reference. @internal */
export type KeptBytes = { readonly size: number } & ({ readonly inline: string } | { readonly reference: string });

/**
 * Keeps what jobs bring and give: few bytes in the job, more in the store.
 * @internal
 */
export class PayloadBytes {
  /** @param inlineBytes most that a job carries itself */
  constructor(
    private readonly store: PayloadStore,
    private readonly inlineBytes: number,
  ) {}

  async keep(chunks: AsyncIterable<Uint8Array>, keepMs: number): Promise<KeptBytes> {
    const source = chunks[Symbol.asyncIterator]();
    const head: Uint8Array[] = [];
    let size = 0;
    for (let next = await source.next(); !next.done; next = await source.next()) {
      head.push(next.value);
      size += next.value.byteLength;
      if (size <= this.inlineBytes) continue;
      const count = (bytes: number): void => void (size += bytes);
      return { reference: await this.store.putStream(counted(head, source, count), keepMs), size };
    }
    return { inline: Buffer.concat(head).toString('base64'), size };
  }

  /** @throws SystemError when they are gone */
  async open(kept: KeptBytes): Promise<Readable> {
    if ('inline' in kept) return Readable.from([Buffer.from(kept.inline, 'base64')], { objectMode: false });
    const stream = await this.store.open(kept.reference);
    if (!stream) throw new SystemError('The bytes of a job are gone from its store');
    return stream;
  }

  /** Bytes that nobody will ask for any more. What can't be deleted goes with its time. */
  async drop(kept: KeptBytes | undefined): Promise<void> {
    if (kept && 'reference' in kept) await this.store.delete(kept.reference).catch(() => undefined);
  }
}

async function* counted(
  head: readonly Uint8Array[],
  rest: AsyncIterator<Uint8Array>,
  count: (bytes: number) => void,
): AsyncGenerator<Uint8Array, void, void> {
  yield* head;
  for (let next = await rest.next(); !next.done; next = await rest.next()) {
    count(next.value.byteLength);
    yield next.value;
  }
}
