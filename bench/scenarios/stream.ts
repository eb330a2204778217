import { type Candidate, withServers } from '../harness/candidates.js';
import type { Bench } from '../harness/bench.js';
import { checkAllGood } from '../harness/check-answer.js';
import { usageOf } from '../harness/process-usage.js';
import { columnsOf, inRounds } from '../harness/rounds.js';
import type { Server } from '../harness/server-process.js';
import { EVENTS_PER_STREAM } from '../servers/stream-events.js';
import { bareNest, fastApi, nestage, raw } from './peers.js';
import { RAW, type Scenario } from './scenario.js';
import { serverOf } from './throughput.js';

const CLIENTS = 32;
const PATH = '/stream';

export const stream: Scenario = {
  id: 'stream',
  title: 'Server-sent events',
  run: async (bench) => {
    const python = fastApi(bench);
    const candidates = [raw, ...bareNest, ...nestage, ...python.candidates];
    const measured = await withServers(candidates, (servers) => measureAll(bench, candidates, servers));
    const rawRounds = (measured.get(RAW) ?? []).map(({ perSecond }) => perSecond);
    return {
      about: `${CLIENTS} clients read streams of ${EVENTS_PER_STREAM} events, one a turn of the event loop, again and again. Nest answers by its @Sse().`,
      absent: python.absent,
      judgedBy: 'ratio',
      columns: [
        { key: 'ratio', label: 'x node:http', digits: 2 },
        { key: 'perSecond', label: 'tokens/s', digits: 0 },
        { key: 'cpuUs', label: 'CPU µs/token', digits: 1 },
        { key: 'firstP50', label: 'first token p50 ms', digits: 1 },
        { key: 'firstP99', label: 'p99 ms', digits: 1 },
        { key: 'rssMb', label: 'RSS MB', digits: 0 },
      ],
      rows: [...measured].map(([name, rounds]) => ({
        name,
        samples: { ratio: rounds.map(({ perSecond }, round) => perSecond / rawRounds[round]), ...columnsOf(rounds) },
      })),
    };
  },
};

async function measureAll(
  bench: Bench,
  candidates: readonly Candidate[],
  servers: ReadonlyMap<string, Server>,
): Promise<Map<string, Measured[]>> {
  for (const { name } of candidates) {
    await checkStream(serverOf(servers, name).url);
    await measure(bench, { name, server: serverOf(servers, name), durationMs: bench.warmUpMs });
  }
  return inRounds(
    candidates.map(({ name }) => name),
    bench.rounds,
    (name, round) => {
      bench.tell(`round ${round + 1}: ${name}`);
      return measure(bench, { name, server: serverOf(servers, name), durationMs: bench.windowMs });
    },
  );
}

type Measured = Readonly<Record<'perSecond' | 'cpuUs' | 'firstP50' | 'firstP99' | 'rssMb', number>>;

async function measure(
  bench: Bench,
  { name, server, durationMs }: { name: string; server: Server; durationMs: number },
): Promise<Measured> {
  const before = usageOf(server.pid);
  const requests = [{ method: 'GET', path: PATH }] as const;
  const result = await bench.generator.saturate({ port: server.port, requests, durationMs, clients: CLIENTS });
  const after = usageOf(server.pid);
  checkAllGood(name, result);
  const tokens = result.sent * EVENTS_PER_STREAM;
  return {
    perSecond: tokens / (result.durationMs / 1000),
    cpuUs: ((after.cpuMs - before.cpuMs) * 1000) / tokens,
    firstP50: result.firstByteMs.p50,
    firstP99: result.firstByteMs.p99,
    rssMb: after.rssBytes / 1e6,
  };
}

/** Each server must send all the events, or its figures would mean nothing. */
async function checkStream(url: string): Promise<void> {
  const text = await (await fetch(url + PATH)).text();
  const events = text.match(/^data: ?\{"token": ?"word\d+"\}$/gm)?.length ?? 0;
  if (events !== EVENTS_PER_STREAM)
    throw new Error(`${url}${PATH} sent ${events} events in place of ${EVENTS_PER_STREAM}:\n${text.slice(0, 500)}`);
}
