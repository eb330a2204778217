import { type RedisServer, startRedis } from './redis-server.js';
import { startTestService, type TestService, type TestServiceOptions } from './test-service.js';

/** What a suite needs whose services share a Redis: one server for all its tests, which leave no service behind. */
export class RedisServices {
  private server: RedisServer | undefined;
  private readonly open: TestService[] = [];
  private prefixes = 0;

  /** To be made once in a suite's file: it starts and ends everything by itself. */
  constructor() {
    beforeAll(async () => {
      this.server = await startRedis();
    });
    afterEach(() => this.close());
    afterAll(() => this.redis.stop());
  }

  get redis(): RedisServer {
    if (!this.server) throw new Error('Redis is there within tests only');
    return this.server;
  }

  /** A `prefix` of its own for each test, so that none sees jobs of another. */
  newPrefix(): string {
    return `{test-${++this.prefixes}}`;
  }

  /** Starts a service, which ends with its test. */
  async start(options: TestServiceOptions): Promise<TestService> {
    const service = await startTestService(options);
    this.open.push(service);
    return service;
  }

  private async close(): Promise<void> {
    for (const service of this.open.splice(0)) await service.close();
  }
}
