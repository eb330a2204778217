import cluster from 'node:cluster';

/** What a worker is told by its environment when the supervisor makes it. @internal */
export interface WorkerBirth {
  /** Its place among the workers, from 1; who takes the place of a worker has the same. */
  readonly place: number;
  /** How many workers there are. */
  readonly count: number;
  /**
   * Whether it listens before its models are loaded, so that probes are answered meanwhile: only where no other worker serves. The
   * others listen when they are ready, and so no request is given to one that is not.
   */
  readonly isFirst: boolean;
  /** Port to listen on where any free one was asked for: all take the same. */
  readonly port: number | undefined;
  /** How long it waits for another worker's figures. */
  readonly answerTimeoutMs: number;
}

/** Names of the variables; the supervisor writes what `workerBirth` reads. */
const PLACE = 'NESTAGE_WORKER';
const COUNT = 'NESTAGE_WORKER_COUNT';
const FIRST = 'NESTAGE_WORKER_IS_FIRST';
const PORT = 'NESTAGE_WORKER_PORT';
const ANSWER_TIMEOUT = 'NESTAGE_WORKER_ANSWER_TIMEOUT_MS';

/** The environment of a worker to be. @internal */
export function birthEnvironment({ place, count, isFirst, port, answerTimeoutMs }: WorkerBirth): Readonly<Record<string, string>> {
  return {
    [PLACE]: String(place),
    [COUNT]: String(count),
    [FIRST]: String(isFirst),
    [PORT]: String(port ?? ''),
    [ANSWER_TIMEOUT]: String(answerTimeoutMs),
  };
}

/** What this process was told; `undefined` unless a supervisor of ours made it. Programs that it starts inherit the variables in vain. @internal */
export function workerBirth(): WorkerBirth | undefined {
  if (!cluster.isWorker) return undefined;
  const { [PLACE]: place, [COUNT]: count, [FIRST]: isFirst, [PORT]: port, [ANSWER_TIMEOUT]: answerTimeout } = process.env;
  if (!place || !count) return undefined; // a worker of another program's cluster
  return {
    place: Number(place),
    count: Number(count),
    isFirst: isFirst === 'true',
    port: port ? Number(port) : undefined,
    answerTimeoutMs: Number(answerTimeout),
  };
}
