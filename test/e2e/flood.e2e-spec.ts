import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { Agent, type IncomingMessage, request } from 'node:http';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type SpawnedService, spawnService } from '../support/spawned-service.js';
import { ADAPTERS } from '../support/test-service.js';

const FLOOD_MS = 10_000;
/** 20 times what the handler takes: 4 running and 8 waiting. */
const CLIENTS = 240;

describe.each(ADAPTERS)('a flood of 20 times the limit on %s', (adapter) => {
  let service: SpawnedService;
  beforeAll(async () => {
    service = await spawnService(join(import.meta.dirname, 'flood-child.ts'), { ADAPTER: adapter });
  });
  afterAll(() => service.stop());

  it('is answered: the accepted succeed, the rest is refused with Retry-After, liveness answers, memory stays', async () => {
    const agent = new Agent({ keepAlive: true, maxSockets: CLIENTS });
    const endsAt = Date.now() + FLOOD_MS;
    const statuses: Record<number, number> = {};
    let withoutRetryAfter = 0;
    const flood = async (): Promise<void> => {
      while (Date.now() < endsAt) {
        const outgoing = request(`${service.url}/flooded`, { method: 'POST', agent, headers: { 'content-type': 'application/json' } });
        outgoing.end('{}');
        const [response] = (await once(outgoing, 'response')) as [IncomingMessage];
        await once(response.resume(), 'end');
        const status = response.statusCode ?? 0;
        statuses[status] = (statuses[status] ?? 0) + 1;
        if (status === 503 && !/^[1-9]\d?$/.test(response.headers['retry-after'] ?? '')) withoutRetryAfter++;
        if (status === 503) await sleep(20); // else the clients starve the service of its cores
      }
    };
    let slowestLiveMs = 0;
    let peakBytes = 0;
    const watch = async (): Promise<void> => {
      while (Date.now() < endsAt) {
        const startedAt = performance.now();
        expect((await fetch(`${service.url}/health/live`)).status).toBe(200);
        slowestLiveMs = Math.max(slowestLiveMs, performance.now() - startedAt);
        peakBytes = Math.max(peakBytes, residentBytes(service.pid));
        await sleep(50);
      }
    };
    const before = residentBytes(service.pid);
    await Promise.all([watch(), ...Array.from({ length: CLIENTS }, flood)]);
    agent.destroy();
    const growth = Math.round((peakBytes - before) / 1e6);
    process.stdout.write(
      `flood on ${adapter}: ${JSON.stringify(statuses)}, slowest liveness ${slowestLiveMs.toFixed(0)} ms, RSS +${growth} MB\n`,
    );
    expect(Object.keys(statuses).sort()).toEqual(['200', '503']);
    expect(withoutRetryAfter).toBe(0);
    expect(growth).toBeLessThan(200);
  });
});

/** Memory that a process holds, on Linux; 0 where it can't be read. */
function residentBytes(pid: number): number {
  try {
    return Number(/VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0) * 1024;
  } catch {
    return 0; // not Linux
  }
}
