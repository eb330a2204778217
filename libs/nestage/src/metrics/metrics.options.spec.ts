import type { WebServiceOptions } from '../core/options/web-service.options.js';
import { resolveMetricsOptions } from './metrics.options.js';

describe(resolveMetricsOptions.name, () => {
  it('fills every default, field by field', () => {
    expect(resolveMetricsOptions({})).toMatchObject({
      stats: { route: { path: '/stats' }, windowMs: 300_000, maxNames: 256 },
      metrics: { route: { path: '/metrics' } },
      records: { route: { path: '/requests' }, size: 1000 },
      serverTiming: false,
      tracing: true,
    });
    expect(resolveMetricsOptions({ stats: { windowMs: 1000 }, records: { size: 5 } })).toMatchObject({
      stats: { route: { path: '/stats' }, windowMs: 1000 },
      records: { route: { path: '/requests' }, size: 5 },
    });
  });

  it('takes routes away', () => {
    const { stats, metrics, records } = resolveMetricsOptions({ stats: false, metrics: false, records: false });
    expect([stats.route, metrics.route, records.route]).toEqual([false, false, false]);
  });

  it.each<[WebServiceOptions, string]>([
    [{ stats: { path: 'stats' } }, '"stats.path" must be a path with a leading slash, got "stats" (set it in WebServiceModule.forRoot()).'],
    [{ stats: { windowMs: 0 } }, '"stats.windowMs" must be an integer >= 10, got 0'],
    [{ stats: { maxNames: 0 } }, '"stats.maxNames" must be an integer >= 1, got 0'],
    [
      { metrics: { bucketsSeconds: [1, 1] } },
      '"metrics.bucketsSeconds" must be an array of at least one positive number, ascending, got [1,1]',
    ],
    [{ metrics: { bucketsSeconds: [] } }, '"metrics.bucketsSeconds" must be'],
    [{ records: { size: 0 } }, '"records.size" must be an integer from 1 to 1000000, got 0'],
    [{ records: { sizes: 1 } as object }, '"records.sizes" is not an option (known: "records.path", "records.size"'],
    [{ serverTiming: 1 as never }, '"serverTiming" must be a boolean, got 1'],
    [{ metrics: true as never }, '"metrics" must be an object or false, got true'],
  ])('refuses %j', (given, message) => {
    expect(() => resolveMetricsOptions(given)).toThrow(message);
  });
});
