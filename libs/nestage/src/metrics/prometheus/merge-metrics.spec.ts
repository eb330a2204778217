import fc from 'fast-check';
import { type GroupAnswer, NO_RESTARTS, ProcessGroup } from '../../core/processes/process-group.js';
import { scrapeGroup, sumMetrics } from './merge-metrics.js';
import { type MetricFigures, MetricsRegistry } from './metrics-registry.js';

/** Processes whose figures are given, in place of a channel to them. */
class GivenGroup extends ProcessGroup {
  override readonly isShared = true;

  constructor(private readonly answer: Omit<GroupAnswer<MetricFigures[]>, 'restarts'>) {
    super();
  }

  override async ask<T>(): Promise<GroupAnswer<T>> {
    return { ...this.answer, restarts: { ...NO_RESTARTS, crash: 1 } } as GroupAnswer<T>;
  }

  override async claims(): Promise<boolean> {
    return true;
  }
}

/** One process: so many requests of so many milliseconds, so much in flight. */
interface Load {
  readonly durationsMs: readonly number[];
  readonly inFlight: number;
}

async function figuresOf({ durationsMs, inFlight }: Load): Promise<MetricFigures[]> {
  const metrics = new MetricsRegistry([0.1, 1]);
  const total = metrics.counter({ name: 'nestage_x_total', help: 'x' }, ['path']);
  const duration = metrics.histogram('nestage_x_seconds', 'x', ['path']);
  metrics.gauge({ name: 'nestage_x_open', help: 'x' }, []).set(inFlight);
  metrics.gauge({ name: 'nestage_x_delay', help: 'x', aggregator: 'max' }, []).set(inFlight);
  for (const ms of durationsMs) {
    total.inc({ path: ms % 2 === 0 ? '/even' : '/odd' });
    duration.observe({ path: '/x' }, ms / 1000);
  }
  return metrics.figures();
}

async function scrapeOf(living: readonly Load[], ended: readonly Load[]): Promise<Map<string, number>> {
  const processes = await Promise.all(
    living.map(async (load, index) => ({
      process: index + 1,
      pid: index,
      state: 'ready' as const,
      isFresh: index !== 1,
      value: await figuresOf(load),
    })),
  );
  let sum: MetricFigures[] | undefined;
  for (const load of ended) sum = sumMetrics([...(sum ? [sum] : []), await figuresOf(load)]);
  const { body } = await scrapeGroup(new MetricsRegistry([1]), new GivenGroup({ processes, ended: sum }));
  const lines = body.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  return new Map(lines.map((line) => [line.slice(0, line.lastIndexOf(' ')), Number(line.slice(line.lastIndexOf(' ')))]));
}

const loads = (minLength: number): fc.Arbitrary<Load[]> =>
  fc.array(fc.record({ durationsMs: fc.array(fc.integer({ min: 0, max: 2000 }), { maxLength: 12 }), inFlight: fc.nat(9) }), {
    minLength,
    maxLength: 4,
  });

describe('metrics of several processes', () => {
  it('are what one process would have counted, whoever of them has ended', async () => {
    await fc.assert(
      fc.asyncProperty(loads(1), loads(0), async (living, ended) => {
        const scrape = await scrapeOf(living, ended);
        const all = [...living, ...ended].flatMap(({ durationsMs }) => durationsMs);
        const even = all.filter((ms) => ms % 2 === 0).length;
        expect(scrape.get('nestage_x_total{path="/even"}') ?? 0).toBe(even);
        expect(scrape.get('nestage_x_total{path="/odd"}') ?? 0).toBe(all.length - even);
        expect(scrape.get('nestage_x_seconds_count{path="/x"}') ?? 0).toBe(all.length);
        expect(scrape.get('nestage_x_seconds_bucket{le="0.1",path="/x"}') ?? 0).toBe(all.filter((ms) => ms <= 100).length);
        expect(scrape.get('nestage_x_seconds_sum{path="/x"}') ?? 0).toBeCloseTo(all.reduce((sum, ms) => sum + ms / 1000, 0));
        // what is now is told of those that live alone
        expect(scrape.get('nestage_x_open')).toBe(living.reduce((sum, { inFlight }) => sum + inFlight, 0));
        expect(scrape.get('nestage_x_delay')).toBe(Math.max(...living.map(({ inFlight }) => inFlight)));
      }),
      { numRuns: 60 },
    );
  });

  it('tell who of them is there, and who answered', async () => {
    const idle = { durationsMs: [], inFlight: 0 };
    const scrape = await scrapeOf([idle, idle, idle], []);
    expect([1, 2, 3].map((process) => scrape.get(`nestage_process_up{process="${process}"}`))).toEqual([1, 0, 1]);
    expect(scrape.get('nestage_processes{state="ready"}')).toBe(3);
    expect(scrape.get('nestage_processes{state="blocked"}')).toBe(0);
    expect(scrape.get('nestage_process_restarts_total{reason="crash"}')).toBe(1);
  });
});
