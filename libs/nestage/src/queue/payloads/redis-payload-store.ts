import { randomUUID } from 'node:crypto';
import { PayloadStore } from '../../core/jobs/payload-store.js';
import type { RedisLink } from '../redis/redis-link.js';

/** Payloads in Redis, each until its time is over. For machines that share no disk. @internal */
export class RedisPayloadStore extends PayloadStore {
  constructor(
    private readonly link: RedisLink,
    private readonly prefix: string,
  ) {
    super();
  }

  async put(bytes: Uint8Array, keepMs: number): Promise<string> {
    const reference = randomUUID();
    const { buffer, byteOffset, byteLength } = bytes;
    await this.link.attemptBulk((redis) =>
      redis.set(this.key(reference), Buffer.from(buffer, byteOffset, byteLength), 'PX', Math.max(1, Math.ceil(keepMs))),
    );
    return reference;
  }

  async get(reference: string): Promise<Buffer | undefined> {
    return (await this.link.attemptBulk((redis) => redis.getBuffer(this.key(reference)))) ?? undefined;
  }

  async delete(reference: string): Promise<void> {
    await this.link.attempt((redis) => redis.del(this.key(reference)));
  }

  private key(reference: string): string {
    return `${this.prefix}:payload:${reference}`;
  }
}
