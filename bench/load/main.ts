// The load generator's own process: jobs come and results go over its IPC channel, until the channel is closed.
import { runClosedLoad } from './closed-load.js';
import type { LoadJob } from './load.types.js';
import { runOpenLoad } from './open-load.js';

process.on('message', (job: LoadJob) => {
  const running = job.kind === 'closed' ? runClosedLoad(job) : runOpenLoad(job);
  void running.then((result) => process.send?.(result));
});
process.once('disconnect', () => process.exit(0));
