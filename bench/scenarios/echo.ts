import { nodeServer } from '../harness/candidates.js';
import { bareNest, fastApi, litServe, nestage, raw } from './peers.js';
import type { Scenario } from './scenario.js';
import { compareThroughput } from './throughput.js';

const body = JSON.stringify({ message: 'hello' });
const expected = { response: 'hello' };

export const echo: Scenario = {
  id: 'echo',
  title: 'Echo',
  run: async (bench) => {
    const [python, lit] = [fastApi(bench), litServe(bench)];
    const others = [
      raw,
      { name: 'Fastify', spec: nodeServer('fastify') },
      { name: 'Express', spec: nodeServer('express') },
      ...bareNest,
      ...nestage,
      ...python.candidates,
    ].map((candidate) => ({ ...candidate, requests: [{ path: '/echo', body }], expected }));
    const litCandidates = lit.candidates.map((candidate) => ({ ...candidate, requests: [{ path: '/predict', body }], expected }));
    return {
      about:
        'POST {"message":"hello"} by 64 keep-alive clients. Nest has its ValidationPipe; nestage has all its defaults on: checks both ways, log lines ' +
        'to the console and a file, metrics, deadline, admission.',
      absent: [...python.absent, ...lit.absent],
      ...(await compareThroughput(bench, [...others, ...litCandidates])),
    };
  },
};
