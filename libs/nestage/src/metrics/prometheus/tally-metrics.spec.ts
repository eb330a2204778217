import { Counter, Histogram, Registry } from 'prom-client';
import fc from 'fast-check';
import { MetricsRegistry } from './metrics-registry.js';

const BOUNDS = [0.1, 0.5, 1];
const LABELS = [
  { path: '/a', stage: 'run' },
  { path: '/b "quoted"', stage: 'postProcess' },
];

describe('tally metrics', () => {
  it('are shown to Prometheus, and to other processes, as those of prom-client are', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(fc.integer({ min: 0, max: 1 }), fc.constantFrom(0, 0.05, 0.1, 0.3, 0.5, 0.75, 1, 1.5, 20))),
        async (observations) => {
          const theirs = new Registry();
          const counter = new Counter({ name: 'things_total', help: 'Things.', labelNames: ['path', 'stage'], registers: [theirs] });
          const histogram = new Histogram({ name: 'seconds', help: 'Time.', labelNames: ['path', 'stage'], buckets: BOUNDS, registers: [theirs] }); // prettier-ignore
          const ours = new MetricsRegistry(BOUNDS);
          const things = ours.tallyCounter({ name: 'things_total', help: 'Things.' });
          const seconds = ours.tallyHistogram({ name: 'seconds', help: 'Time.' });
          const bound = LABELS.map((labels) => {
            counter.inc(labels, 0);
            histogram.zero(labels);
            return { things: things.series(labels), seconds: seconds.series(labels) };
          });
          for (const [index, value] of observations) {
            counter.inc(LABELS[index], value);
            histogram.observe(LABELS[index], value);
            bound[index].things.add(value);
            bound[index].seconds.observe(value);
          }
          expect((await ours.scrape()).body).toBe(await theirs.metrics());
          const plain = (figures: unknown): unknown => JSON.parse(JSON.stringify(figures, (key, value: unknown) => (key === 'exemplar' ? undefined : value))); // prettier-ignore
          expect(plain(await ours.figures())).toEqual(plain(await theirs.getMetricsAsJSON()));
        },
      ),
    );
  });

  it('begin anew when the registry is told to', async () => {
    const metrics = new MetricsRegistry(BOUNDS);
    const series = metrics.tallyCounter({ name: 'things_total', help: 'Things.' }).series({ path: '/a' });
    series.add(3);
    metrics.registry.resetMetrics();
    series.add(1);
    expect((await metrics.scrape()).body).toContain('things_total{path="/a"} 1');
  });
});
