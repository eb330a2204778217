import 'reflect-metadata';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { resolveBatchOptions } from '../../libs/nestage/src/batching/batch.options.js';
import { resolveCachingOptions } from '../../libs/nestage/src/caching/caching.options.js';
import { resolveRoute } from '../../libs/nestage/src/core/discovery/resolve-route.js';
import { resolveWebServiceOptions } from '../../libs/nestage/src/core/options/web-service.options.js';
import { availableCpus } from '../../libs/nestage/src/core/resources/cgroup-limits.js';
import { resolveJobHandlerOptions } from '../../libs/nestage/src/jobs/job-handler.options.js';
import { resolveDashboardOptions } from '../../libs/nestage/src/dashboard/dashboard.options.js';
import { resolveLoggingOptions } from '../../libs/nestage/src/logging/logging.options.js';
import { resolveQueueOptions } from '../../libs/nestage/src/queue/queue.options.js';
import { resolveAdmissionOptions } from '../../libs/nestage/src/resilience/admission/admission.options.js';
import { resolveBreakerOptions } from '../../libs/nestage/src/resilience/breaker/breaker.options.js';
import { resolveDeadlineOptions } from '../../libs/nestage/src/resilience/deadline/deadline.options.js';
import { resolveRetryOptions } from '../../libs/nestage/src/resilience/retry/retry.options.js';
import { resolveWorkerOptions } from '../../libs/nestage/src/threads/worker.options.js';
import { resolveStartOptions } from '../../libs/nestage/src/start-options.js';

class Handler {
  run(): void {}
}

/** The table as it is written: option and default. */
function documented(): Record<string, string> {
  const text = readFileSync(join(import.meta.dirname, '../../ARCHITECTURE.md'), 'utf8');
  const [section = ''] = /^## Defaults$[^]*?(?=^## )/m.exec(text) ?? [];
  const rows = [...section.matchAll(/^\| `([^`]+)`\s*\| (.+?)\s*\|$/gm)];
  return Object.fromEntries(rows.map(([, option, value]) => [option, value.replaceAll('`', '')]));
}

it('the table of defaults says what the code does', () => {
  const route = resolveRoute(Handler, { path: '/x', options: { request: false } }, {});
  const root = resolveWebServiceOptions({});
  const logging = resolveLoggingOptions({}, 'the test');
  const deadline = resolveDeadlineOptions({});
  const admission = resolveAdmissionOptions({ timeoutMs: 7 });
  const retry = resolveRetryOptions(true);
  const breaker = resolveBreakerOptions(true);
  const batch = resolveBatchOptions({});
  const caching = resolveCachingOptions({ cache: { ttlMs: 1 } });
  const worker = resolveWorkerOptions({ url: new URL('file:///x.worker.js') });
  const jobs = resolveJobHandlerOptions({ jobs: true });
  const queue = resolveQueueOptions({}, {});
  const start = resolveStartOptions({}, {});
  const dashboard = resolveDashboardOptions({});
  const inCode: Record<string, unknown> = {
    concurrency: admission.concurrency,
    queue: admission.queue,
    timeoutMs: deadline.timeoutMs,
    queueTimeoutMs: admission.queueTimeoutMs === 7 ? 'timeoutMs' : admission.queueTimeoutMs,
    itemTimeoutMs: deadline.itemTimeoutMs,
    streamTimeoutMs: deadline.streamTimeoutMs,
    retry: resolveRetryOptions(undefined) === undefined ? 'off' : 'on',
    'retry: true': `${retry?.attempts} attempts, ${retry?.baseMs} ms x ${retry?.backoff === 'linear' ? 'n' : '2^n'}`,
    breaker: resolveBreakerOptions(undefined) === undefined ? 'off' : 'on',
    'breaker: true': `${breaker?.errorThreshold} errors, ${breaker?.resetIntervalMs} ms`,
    batch: route.options.batch === undefined ? 'off' : 'on',
    'batch.maxSize': batch.maxSize,
    'batch.maxWaitMs': batch.maxWaitMs,
    'batch.maxConcurrent': batch.maxConcurrent,
    'batch.queue': `${batch.queue / (batch.maxSize * batch.maxConcurrent)} x a full batch`,
    'batch.split': batch.split,
    coalesce: `${resolveCachingOptions({}) === undefined ? 'off' : 'on'}, ${caching?.isCoalesced ? 'on' : 'off'} with cache`,
    'coalesce.key': caching?.key,
    'coalesce.maxReplayBytes': caching?.maxReplayBytes,
    cache: resolveCachingOptions({ coalesce: true })?.cache === undefined ? 'off' : 'on',
    'cache.maxEntries': caching?.cache?.maxEntries,
    'cache.maxBytes': caching?.cache?.maxBytes,
    worker: route.options.worker === undefined ? 'off' : 'on',
    'worker.threads': worker.threads === Math.max(1, availableCpus() - 1) ? 'CPUs - 1, at least 1' : worker.threads,
    'worker.maxQueue': worker.maxQueue,
    'worker.killAfterMs': worker.killAfterMs,
    'worker.idleUnloadMs': worker.idleUnloadMs,
    jobs: route.options.jobs === undefined ? 'off' : 'on',
    'jobs.tries': jobs?.tries,
    'jobs.backoffMs': jobs?.backoffMs,
    'jobs.priority': jobs?.priority,
    'jobs.maxPriority': resolveJobHandlerOptions({ jobs: { priority: 7 } })?.maxPriority === 7 ? 'priority' : jobs?.maxPriority,
    'jobs.maxDelayMs': jobs?.maxDelayMs,
    'jobs.keepMs': jobs?.keepMs,
    'jobs.maxAgeMs': jobs?.maxAgeMs,
    'jobs.concurrency': jobs?.concurrency,
    execution: route.options.execution ?? 'here',
    'queue.role': queue.role,
    'queue.prefix': queue.prefix,
    'queue.lockMs': queue.lockMs,
    'queue.tries': queue.tries,
    'queue.maxBacklog': queue.maxBacklog,
    'queue.eventsKept': queue.eventsKept,
    'queue.commandTimeoutMs': queue.commandTimeoutMs,
    'queue.payloads': queue.payloads,
    'queue.inlineBytes': queue.inlineBytes,
    maxBodyBytes: route.maxBodyBytes,
    method: route.method,
    status: route.status,
    validationStatus: route.validationStatus,
    unknownFields: route.unknownFields,
    undeclaredResponseFields: route.undeclaredResponseFields,
    onInitializeError: root.onInitializeError,
    maxBodyBytesInFlight: root.maxBodyBytesInFlight,
    shutdownGraceMs: root.shutdownGraceMs,
    locale: root.locale,
    'health.route': root.health.route && root.health.route.path,
    'health.deadlineMs': root.health.deadlineMs,
    'health.cacheMs': root.health.cacheMs,
    'management.host': root.management.host,
    'logging.file': logging.file,
    'logging.level': logging.level,
    'logging.keepFiles': logging.keepFiles,
    host: start.host,
    port: start.port,
    adapter: start.adapter,
    'workers.count': start.workers.count,
    'workers.stuckAfterMs': start.workers.stuckAfterMs,
    'workers.answerTimeoutMs': start.workers.answerTimeoutMs,
    cors: start.cors,
    trustProxy: start.trustProxy,
    securityHeaders: start.securityHeaders,
    'limits.headersTimeoutMs': start.limits.headersTimeoutMs,
    'limits.requestTimeoutMs': start.limits.requestTimeoutMs,
    'limits.keepAliveTimeoutMs': start.limits.keepAliveTimeoutMs,
    'limits.maxHeaders': start.limits.maxHeaders,
    docs: `${String(start.docs)}, ${resolveStartOptions({ host: '0.0.0.0' }, {}).docs === false ? 'off but on loopback' : 'everywhere'}`,
    'dashboard.route': dashboard.path,
    'dashboard.intervalMs': dashboard.intervalMs,
    'dashboard.breakerReset': dashboard.breakerReset,
    takeOver: `${root.takeOver}, ${start.takeOver} at the start`,
  };
  expect(documented()).toEqual(Object.fromEntries(Object.entries(inCode).map(([option, value]) => [option, String(value)])));
});

it('what is given wins over the environment, and the environment over defaults', () => {
  const environment = { host: '10.0.0.1', port: 9000 };
  expect(resolveStartOptions({}, environment)).toMatchObject({ host: '10.0.0.1', port: 9000, docs: false });
  expect(resolveStartOptions({ host: '::1', port: 0, docs: '/api' }, environment)).toMatchObject({ host: '::1', port: 0, docs: '/api' });
  for (const host of ['127.0.0.1', '127.8.8.8', 'localhost', '::1']) expect(resolveStartOptions({ host }, {}).docs).toBe('/docs');
});
