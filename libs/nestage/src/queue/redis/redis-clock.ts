import type { Redis } from 'ioredis';
import type { Clock } from '../../common/clock.js';

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
