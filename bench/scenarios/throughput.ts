import type { Bench } from '../harness/bench.js';
import { type Candidate, withServers } from '../harness/candidates.js';
import { checkAllGood, checkAnswer } from '../harness/check-answer.js';
import { usageOf } from '../harness/process-usage.js';
import { columnsOf, inRounds } from '../harness/rounds.js';
import type { Server } from '../harness/server-process.js';
import type { LoadRequest } from '../load/load.types.js';
import type { TableResult } from '../report/result.types.js';
import { RAW } from './scenario.js';

export interface RequestCandidate extends Candidate {
  /** Sent in turn. */
  readonly requests: readonly LoadRequest[];
  /** The JSON of the first one's answer; `undefined` for one that differs each time. */
  readonly expected: unknown;
}

const CLIENTS = 64;

type Measured = {
  readonly perSecond: number;
  readonly cpuUs: number;
  readonly p50: number;
  readonly p99: number;
  readonly rssMb: number;
};

/** Requests per second of each, as fast as 64 clients get answers, and how many times the raw server's of the same round that is. */
export async function compareThroughput(bench: Bench, candidates: readonly RequestCandidate[]): Promise<TableResult> {
  const measured = await withServers(candidates, async (servers) => {
    const measure = (name: string, durationMs: number): Promise<Measured> => {
      const { requests } = byName(candidates, name);
      return measureOnce(bench, { name, server: serverOf(servers, name), requests, durationMs });
    };
    for (const { name, requests, expected } of candidates) {
      if (expected !== undefined) await checkAnswer(serverOf(servers, name), requests[0], expected);
      await measure(name, bench.warmUpMs);
    }
    return inRounds(
      candidates.map(({ name }) => name),
      bench.rounds,
      (name, round) => {
        bench.tell(`round ${round + 1}: ${name}`);
        return measure(name, bench.windowMs);
      },
    );
  });
  const raw = (measured.get(RAW) ?? []).map(({ perSecond }) => perSecond);
  return {
    judgedBy: 'ratio',
    columns: [
      { key: 'ratio', label: 'x node:http', digits: 2 },
      { key: 'perSecond', label: 'requests/s', digits: 0 },
      { key: 'cpuUs', label: 'CPU µs/request', digits: 1 },
      { key: 'p50', label: 'p50 ms', digits: 2 },
      { key: 'p99', label: 'p99 ms', digits: 2 },
      { key: 'rssMb', label: 'RSS MB', digits: 0 },
    ],
    rows: [...measured].map(([name, rounds]) => ({
      name,
      samples: { ratio: rounds.map(({ perSecond }, round) => perSecond / raw[round]), ...columnsOf(rounds) },
    })),
  };
}

async function measureOnce(
  bench: Bench,
  { name, server, requests, durationMs }: { name: string; server: Server; requests: readonly LoadRequest[]; durationMs: number },
): Promise<Measured> {
  const before = usageOf(server.pid);
  const result = await bench.generator.saturate({ port: server.port, requests, durationMs, clients: CLIENTS });
  const after = usageOf(server.pid);
  checkAllGood(name, result);
  return {
    perSecond: result.sent / (result.durationMs / 1000),
    cpuUs: ((after.cpuMs - before.cpuMs) * 1000) / result.sent,
    p50: result.latencyMs.p50,
    p99: result.latencyMs.p99,
    rssMb: after.rssBytes / 1e6,
  };
}

function byName<T extends Candidate>(candidates: readonly T[], name: string): T {
  return candidates.find((candidate) => candidate.name === name) as T;
}

/** A server by its candidate's name. */
export function serverOf(servers: ReadonlyMap<string, Server>, name: string): Server {
  return servers.get(name) as Server;
}
