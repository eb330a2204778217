import type { Redis } from 'ioredis';
import type { Clock } from '../../common/clock.js';
import { seconds } from '../../common/duration.js';

const SET_EVERY_MS = seconds(10);

/**
 * The time of Redis, which all machines of a service share however their own clocks stand. It runs on this process's monotonic clock, so
 * that a jump of the machine's time moves nothing.
 * @internal
 */
export class RedisClock {
  /** The time of Redis less that of the monotonic clock. */
  private offset: number;

  constructor(private readonly clock: Clock) {
    this.offset = clock.now() - clock.elapsed();
  }

  /** Asks Redis for its time. */
  async set(redis: Redis): Promise<void> {
    const askedAt = this.clock.elapsed();
    const [seconds, microseconds] = await redis.time();
    const answeredAt = this.clock.elapsed();
    this.offset = Number(seconds) * 1000 + Number(microseconds) / 1000 - (askedAt + answeredAt) / 2;
  }

  /** Sets it again and again. @param connection the one to ask, while there is one @returns a function that ends it */
  keepSet(connection: () => Redis | undefined): () => void {
    const again = (): void => {
      const redis = connection();
      if (redis) this.set(redis).catch(() => undefined); // the next turn asks again
      cancel = this.clock.schedule(SET_EVERY_MS, again);
    };
    let cancel = this.clock.schedule(SET_EVERY_MS, again);
    return () => cancel();
  }

  /** Milliseconds since 1970. */
  now(): number {
    return Math.round(this.clock.elapsed() + this.offset);
  }

  /** The time of Redis at a moment of this machine's clock. */
  ofLocal(time: number): number {
    return time - this.clock.now() + this.now();
  }

  /** The time of this machine's clock at a moment of Redis. */
  toLocal(time: number): number {
    return time - this.now() + this.clock.now();
  }
}
