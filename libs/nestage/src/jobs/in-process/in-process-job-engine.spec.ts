import { describeJobEngine } from '../../../../../test/support/job-engine-contract.js';
import { InProcessJobEngine } from './in-process-job-engine.js';

describeJobEngine('InProcessJobEngine', async (options) => {
  const engine = new InProcessJobEngine(options);
  return { front: engine, back: engine, close: () => engine.close(0) };
});
