import { setTimeout as sleep } from 'node:timers/promises';
import { AdmissionState, StageHandler } from 'nestage';
import { startTestService, type TestService } from '../support/test-service.js';

const REQUESTS = 1200;

/** As fast as ever with four at once, and the slower the more there are. */
@StageHandler('/model', { request: false, concurrency: { min: 1, max: 64, adaptive: true }, queue: 1000 })
class ModelHandler {
  private running = 0;

  async run() {
    this.running += 1;
    await sleep(20 * Math.max(1, this.running / 4));
    this.running -= 1;
    return {};
  }
}

describe('an adaptive concurrency', () => {
  let service: TestService;

  beforeAll(async () => {
    service = await startTestService({ adapter: 'express', providers: [ModelHandler] });
  });
  afterAll(() => service.close());

  it('finds what the handler bears under a flood of requests, none of which fails', async () => {
    const gauges = () => service.app.get(AdmissionState).of('/model');
    expect(gauges()).toMatchObject({ concurrency: 1, inFlight: 0 });
    const limits: number[] = [];
    const client = async (): Promise<void> => {
      while (limits.length < REQUESTS) {
        expect((await service.post('/model', {})).status).toBe(200);
        limits.push(gauges()?.concurrency ?? 0);
      }
    };
    await Promise.all(Array.from({ length: 40 }, client));
    const settled = limits.slice(limits.length >> 1);
    const mean = settled.reduce((sum, limit) => sum + limit, 0) / settled.length;
    expect(mean).toBeGreaterThan(1.5);
    expect(mean).toBeLessThan(32);
    expect(gauges()).toMatchObject({ inFlight: 0, waiting: 0 });
  });
});
