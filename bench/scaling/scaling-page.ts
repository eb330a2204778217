import { figure } from '../report/table.js';
import type { ScalingConstants } from './scaling.types.js';

/** The constants as docs/scaling.md lists them. */
export function constantsTable(constants: ScalingConstants): string {
  const rows = [
    ['CPU of Redis for a job', `${figure(constants.redisUs, 0)} µs`, 'measured'],
    ['so one Redis does at most', `${figure(1e6 / constants.redisUs, 0)} jobs/s`, ''],
    ['CPU of a web process for a job', `${figure(constants.webUs, 0)} µs`, 'measured'],
    ['CPU of a worker for a job, beyond its own work', `${figure(constants.workerUs, 0)} µs`, 'measured'],
    ['memory of Redis for a job that waits', `${figure(constants.waitingBytes, 0)} bytes`, 'measured'],
    ['CPU of a worker for a picture', `${figure(constants.pictureMs, 0)} ms`, 'measured'],
    ['work of a short job', `${figure(constants.shortMs, 0)} ms`, 'assumed'],
    ['one way over the network', `${figure(constants.networkMs, 2)} ms`, 'assumed'],
  ];
  const table = [['constant', 'value', ''], ['---', '--:', '---'], ...rows].map((row) => `| ${row.join(' | ')} |`).join('\n');
  return `${table}\n\nMeasured: ${constants.source}.`;
}
