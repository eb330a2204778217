/** What was measured, by `npm run bench -- --only queue,ocr`, and two figures that were not. */
export interface ScalingConstants {
  /** Where they come from, in words. */
  readonly source: string;
  /** CPU of Redis for a job, from handing in to the answer; one Redis has one thread for it. */
  readonly redisUs: number;
  /** CPU of the web process for a job. */
  readonly webUs: number;
  /** CPU of the worker for a job beyond its own work. */
  readonly workerUs: number;
  /** Memory of Redis for a job that waits. */
  readonly waitingBytes: number;
  /** CPU of a worker for a picture. */
  readonly pictureMs: number;
  /** Assumed: one way between two machines of a data centre. */
  readonly networkMs: number;
  /** Assumed: work of a short job, such as an embedding. */
  readonly shortMs: number;
}

/** One line of the table. */
export interface Plan {
  readonly name: string;
  /** Own work of a job; it varies by a fifth in both directions. */
  readonly workMs: number;
  /** Each is one core. */
  readonly workers: number;
  /** Queues, each on a Redis of its own, with its part of the workers. */
  readonly shards: number;
}

/** How a plan did. */
export interface Outcome {
  readonly offeredPerSecond: number;
  readonly donePerSecond: number;
  /** Share of requests answered with 503. */
  readonly refused: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  /** Share of time that a Redis works. */
  readonly redisBusy: number;
  readonly workersBusy: number;
  readonly webProcesses: number;
  /** Most jobs that waited at one Redis. */
  readonly waitingAtMost: number;
}
