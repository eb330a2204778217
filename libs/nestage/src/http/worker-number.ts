import cluster from 'node:cluster';

/** A number that tells this process from its neighbours in log ids: the cluster worker's, else from the process id. @internal */
export function workerNumber(): number {
  return (cluster.worker?.id ?? process.pid) % 100;
}
