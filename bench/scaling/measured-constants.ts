import type { RunResult } from '../report/result.types.js';
import { medianOf } from '../report/table.js';
import type { ScalingConstants } from './scaling.types.js';

/** The simulation's constants by a run; `undefined` when it has not measured them. */
export function measuredConstants(run: RunResult): ScalingConstants | undefined {
  const rowsOf = (id: string) => run.scenarios.find((scenario) => scenario.id === id)?.rows ?? [];
  const queued = rowsOf('queue').find(({ name }) => name === "execution: 'queue'");
  const picture = rowsOf('ocr').find(({ name }) => name === '1 thread');
  if (!queued || !picture) return undefined;
  const rounded = (value: number): number => Number(value.toPrecision(3));
  return {
    source: `${run.startedAt.slice(0, 10)}, ${run.machine.cpu}, Node ${run.machine.node.slice(1)}, commit ${run.commit}`,
    redisUs: rounded(medianOf(queued, 'redisUs')),
    webUs: rounded(medianOf(queued, 'webUs')),
    workerUs: rounded(medianOf(queued, 'workerUs')),
    waitingBytes: rounded(medianOf(queued, 'waitingBytes')),
    pictureMs: rounded(medianOf(picture, 'cpuMs')),
    networkMs: 0.25,
    shortMs: 20,
  };
}
