import cluster from 'node:cluster';
import { createHash } from 'node:crypto';
import { hostname } from 'node:os';

/**
 * A number from 0 to 99 that tells this process from its neighbours in log ids: the cluster worker's, which no two that live have in
 * common; else the process id, moved by the machine's name, since in containers the first process has the same id everywhere.
 * @internal
 */
export function workerNumber(): number {
  if (cluster.worker) return cluster.worker.id % 100;
  return (process.pid + createHash('sha256').update(hostname()).digest()[0]) % 100;
}
