import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { AdmissionState, ModelError, type StageContext, StageHandler } from 'nestage';
import { JobsModule } from 'nestage/jobs';
import { ThreadsModule } from 'nestage/threads';
import { PrometheusServer } from '../support/prometheus-server.js';
import { parseScrape } from '../support/scrape.js';
import { startTestService, type TestService } from '../support/test-service.js';
import { until } from '../support/until.js';
import type PlainWorker from '../support/threads/plain.worker.js';

interface Panel {
  readonly title: string;
  readonly type: string;
  readonly targets?: readonly { readonly expr: string; readonly legendFormat: string }[];
}

const dashboard = JSON.parse(readFileSync(join(__dirname, '../../deploy/grafana/nestage.json'), 'utf8')) as {
  readonly panels: readonly Panel[];
};
const panels = dashboard.panels.filter(({ type }) => type !== 'row');
const targets = panels.flatMap(({ title, targets: all = [] }) => all.map((target) => ({ title, ...target })));

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

@StageHandler('/echo', { request: false })
class EchoHandler {
  run(body: unknown) {
    return { body };
  }
}

@StageHandler('/flaky', { request: false, retry: { attempts: 2, baseMs: 1 } })
class FlakyHandler {
  run(): never {
    throw new ModelError('gone');
  }
}

@StageHandler('/degraded', { request: false, breaker: { errorThreshold: 1 } })
class DegradedHandler {
  run(): never {
    throw new ModelError('gone');
  }

  fallback() {
    return { isFallback: true };
  }
}

@StageHandler('/busy', { request: false, concurrency: 1, queue: 1 })
class BusyHandler {
  async run(_body: unknown, { signal }: StageContext) {
    await Promise.race([pause(1000), new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }))]);
    return {};
  }
}

@StageHandler('/deaf', { request: false, timeoutMs: 20 })
class DeafHandler {
  async run() {
    await pause(60);
    return {};
  }
}

@StageHandler('/stream', { request: false })
class StreamHandler {
  async *run() {
    for (let index = 0; index < 5; index++) {
      await pause(2);
      yield { index };
    }
  }
}

@StageHandler('/thread', { request: false, worker: { url: new URL('../support/threads/plain.worker.js', import.meta.url), threads: 1 } })
class ThreadHandler {
  declare readonly run: PlainWorker['run'];
}

@StageHandler('/batched', { request: false, batch: { maxSize: 4, maxWaitMs: 5 } })
class BatchedHandler {
  runBatch(bodies: readonly unknown[]) {
    return bodies.map((body) => ({ body }));
  }
  run(body: unknown) {
    return { body };
  }
}

@StageHandler('/cached', { request: false, cache: { ttlMs: 60_000, maxEntries: 1 } })
class CachedHandler {
  run(body: unknown) {
    return { body };
  }
}

@StageHandler('/job', { request: false, jobs: true })
class JobHandler {
  run() {
    return {};
  }
}

const providers = [
  BatchedHandler,
  CachedHandler,
  EchoHandler,
  FlakyHandler,
  JobHandler,
  DegradedHandler,
  BusyHandler,
  DeafHandler,
  StreamHandler,
  ThreadHandler,
];

/** Ordinary requests and every kind of trouble that the dashboard has a panel for. */
async function putUnderLoad({ app, url, post }: TestService): Promise<void> {
  const ask = async (path: string, body: unknown = { a: 1 }): Promise<void> => void (await (await post(path, body)).text());
  const leave = async (): Promise<void> => {
    const leaving = new AbortController();
    const request = post('/busy', {}, { signal: leaving.signal }).catch(() => undefined);
    await until(() => app.get(AdmissionState).of('/busy')?.inFlight === 1);
    leaving.abort();
    await request;
  };
  await Promise.all([
    ...['/batched', '/batched', '/echo', '/echo', '/flaky', '/degraded', '/deaf', '/stream', '/thread', '/nowhere'].map((path) =>
      ask(path),
    ),
    ...['/busy', '/busy', '/busy', '/busy'].map((path) => ask(path)),
    ...['a', 'b', 'b'].map((text) => ask('/cached', { text })),
    ask('/echo', '{"broken":'),
    fetch(`${url}/stats`).then((response) => response.text()),
  ]);
  await ask('/degraded');
  await post('/job', {}, { headers: { prefer: 'respond-async, wait=10' } });
  await ask('/thread', { exit: true });
  await leave();
  await pause(60);
}

/** The variables as Grafana would fill them in. */
function filledIn(expression: string): string {
  return expression.replaceAll('$__rate_interval', '1m').replaceAll(/\$(?:job|instance|path)\b/g, '.*');
}

describe('the Grafana dashboard', () => {
  let service: TestService;

  beforeAll(async () => {
    service = await startTestService({ adapter: 'express', imports: [ThreadsModule, JobsModule.forRoot()], providers });
    await putUnderLoad(service);
  });

  afterAll(() => service.close());

  const scrape = async (): Promise<string> => (await fetch(`${service.url}/metrics`)).text();

  it('asks for metrics and labels that a scrape has', async () => {
    const labelsOf = new Map<string, Set<string>>();
    for (const { name, labels } of parseScrape(await scrape())) {
      const known = labelsOf.get(name) ?? new Set(['job', 'instance']); // added by Prometheus
      labelsOf.set(name, new Set([...known, ...Object.keys(labels)]));
    }
    const missing = targets.flatMap(({ title, expr, legendFormat }) => {
      const used = [...expr.matchAll(/(nestage_\w+)(?:\{([^}]*)\})?/g)];
      const grouped = [...expr.matchAll(/by \(([^)]*)\)/g)].flatMap(([, names]) => names.split(',').map((name) => name.trim()));
      const shown = [...legendFormat.matchAll(/\{\{(\w+)\}\}/g)].map(([, name]) => name);
      return used.flatMap(([, metric, matchers = '']) => {
        const known = labelsOf.get(metric);
        if (!known) return [`${title}: ${metric}`];
        const wanted = [...matchers.matchAll(/(\w+)\s*[=!]/g)].map(([, name]) => name);
        return [...wanted, ...grouped, ...shown].filter((label) => !known.has(label)).map((label) => `${title}: ${metric}{${label}}`);
      });
    });
    expect(targets.length).toBeGreaterThan(25);
    expect(missing).toEqual([]);
  });

  it('shows every metric of the service', async () => {
    const names = new Set([...(await scrape()).matchAll(/^# TYPE (\w+)/gm)].map(([, name]) => name));
    const shown = targets.map(({ expr }) => expr).join(' ');
    const unseen = [...names].filter((name) => !new RegExp(`\\b${name}(?:_bucket)?\\b`).test(shown));
    expect(unseen.sort()).toEqual(['nestage_permits_abandoned', 'nestage_waiting_room_size']); // for queries of one's own
  });

  it('leaves no metric out of the documentation', async () => {
    const names = [...(await scrape()).matchAll(/^# TYPE (\w+)/gm)].map(([, name]) => name);
    const documented = [...readFileSync(join(__dirname, '../../docs/09-monitoring.md'), 'utf8').matchAll(/^\| `(nestage_\w+)`/gm)];
    expect(documented.map(([, name]) => name).sort()).toEqual(names.sort());
  });

  it('has no empty panel before a real Prometheus', async () => {
    const prometheus = await PrometheusServer.start(new URL(service.url).host, 1000);
    try {
      await prometheus.scraped(1);
      await putUnderLoad(service);
      await prometheus.scraped(4);
      const empty: string[] = [];
      for (const { title, expr } of targets) {
        const result = await prometheus.query(filledIn(expr));
        if (!result.some(({ value }) => Number.isFinite(value))) empty.push(`${title}: ${expr}`);
      }
      expect(empty).toEqual([]);
      for (const [path, name] of [
        ['/flaky', 'nestage_retries_total'],
        ['/deaf', 'nestage_late_results_total'],
        ['/degraded', 'nestage_degraded_answers_total'],
        ['/busy', 'nestage_requests_refused_total'],
        ['/busy', 'nestage_requests_aborted_total'],
        ['/stream', 'nestage_stream_items_total'],
      ]) {
        const [result] = await prometheus.query(`sum(increase(${name}{path="${path}"}[1m]))`);
        expect([name, result?.value > 0]).toEqual([name, true]);
      }
    } finally {
      await prometheus.stop();
    }
  });

  it('reads metrics that promtool finds nothing wrong with', async () => {
    const output = execFileSync('promtool', ['check', 'metrics'], {
      input: await scrape(),
      encoding: 'utf8',
      stdio: ['pipe', 'pipe', 'pipe'],
    });
    expect(output.trim()).toBe('');
  });
});
