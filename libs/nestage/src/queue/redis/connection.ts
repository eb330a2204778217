import { Redis, type RedisOptions } from 'ioredis';

/** How Redis is reached: a URL such as `redis://host:6379`, or options of ioredis. @publicApi */
export type QueueConnection = string | RedisOptions;

/** @internal */
export const MAX_RECONNECT_DELAY_MS = 500;

/** A connection that is set up anew whenever it breaks. @param own what it needs, whatever the user has set @internal */
export function connectTo(connection: QueueConnection, name: string, own: RedisOptions): Redis {
  const options: RedisOptions = {
    ...(typeof connection === 'string' ? {} : connection),
    ...own,
    connectionName: `nestage:${name}`,
    retryStrategy: (times) => Math.min(50 * times, MAX_RECONNECT_DELAY_MS),
  };
  const redis = typeof connection === 'string' ? new Redis(connection, options) : new Redis(options);
  redis.on('error', () => undefined); // told once, by the connection for commands
  return redis;
}

/**
 * Ends a connection. Between two attempts to connect ioredis would forget the commands that wait; those of a connection that is being made
 * are rejected.
 * @internal
 */
export function letGo(redis: Redis): void {
  if (redis.status === 'reconnecting') redis.connect().catch(() => undefined);
  redis.disconnect();
}

/** Resolves when commands may be sent; rejects when the connection can't be made now. @internal */
export async function connected(redis: Redis): Promise<void> {
  if (redis.status === 'wait' || redis.status === 'end') return redis.connect();
  if (redis.status === 'ready') return;
  await new Promise<void>((resolve, reject) => {
    const settle = (error?: Error): void => {
      redis.off('ready', settle).off('close', onClose);
      if (error) reject(error);
      else resolve();
    };
    const onClose = (): void => settle(new Error('the connection was closed'));
    redis.once('ready', settle).once('close', onClose);
  });
}
