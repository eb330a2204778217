import { nestageServer } from '../harness/candidates.js';
import type { LoadRequest } from '../load/load.types.js';
import { CALL_MS, LANES } from '../servers/device.js';
import { raw } from './peers.js';
import type { Scenario } from './scenario.js';
import { compareThroughput } from './throughput.js';

const spec = nestageServer('nestage-caching', { ADAPTER: 'express' });
/** More than the cache holds, so that none is found again when its turn comes. */
const OTHERS = 5000;

const request = (path: string, message = 'hello'): LoadRequest => ({ path, body: JSON.stringify({ message }) });
const others = Array.from({ length: OTHERS }, (_, number) => request('/cached', number === 0 ? 'hello' : `hello${number}`));

export const caching: Scenario = {
  id: 'caching',
  title: 'Coalescing and caching',
  run: async (bench) => ({
    about:
      'nestage on Express, 64 clients. First an echo, whose `run` costs nothing: what a cache itself costs where it finds nothing and where it finds all. ' +
      `Then a model that does ${LANES} requests at once in ${CALL_MS} ms each, asked the same by all clients, without and with \`coalesce\`.`,
    absent: [],
    ...(await compareThroughput(
      { ...bench, rounds: Math.min(3, bench.rounds) },
      [
        { ...raw, requests: [request('/echo')] },
        { name: 'no cache', spec, requests: [request('/plain')] },
        { name: 'cache, nothing found', spec, requests: others },
        { name: 'cache, all found', spec, requests: [request('/cached')] },
        { name: 'slow model', spec, requests: [request('/slow')] },
        { name: 'slow model, coalesced', spec, requests: [request('/slow/shared')] },
      ].map((candidate) => ({ ...candidate, expected: { response: 'hello' } })),
    )),
  }),
};
