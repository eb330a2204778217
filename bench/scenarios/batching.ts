import type { Bench } from '../harness/bench.js';
import { nestageServer, withServers } from '../harness/candidates.js';
import { checkAllGood, checkAnswer } from '../harness/check-answer.js';
import { columnsOf, inRounds } from '../harness/rounds.js';
import type { Server } from '../harness/server-process.js';
import { BATCH_SIZE, CALL_MS } from '../servers/device.js';
import type { Scenario } from './scenario.js';
import { serverOf } from './throughput.js';

const CLIENTS = 64;
const LIMIT = (BATCH_SIZE / CALL_MS) * 1000;
const body = JSON.stringify({ message: 'hello' });

const express = { name: 'nestage on Express', spec: nestageServer('nestage-device', { ADAPTER: 'express' }) };
const fastify = { name: 'nestage on Fastify', spec: nestageServer('nestage-device', { ADAPTER: 'fastify' }) };
const rows = [
  { name: express.name, server: express.name, path: '/batched' },
  { name: fastify.name, server: fastify.name, path: '/batched' },
  { name: 'without batching', server: express.name, path: '/single' },
];

export const batching: Scenario = {
  id: 'batching',
  title: 'Batching',
  run: async (bench) => {
    const measured = await withServers([express, fastify], async (servers) => {
      for (const { server, path } of rows) await checkAnswer(serverOf(servers, server), { path, body }, { response: 'hello' });
      return inRounds(
        rows.map(({ name }) => name),
        Math.min(3, bench.rounds),
        (name, round) => {
          bench.tell(`round ${round + 1}: ${name}`);
          const { server, path } = rows.find((row) => row.name === name) ?? rows[0];
          return measure(bench, serverOf(servers, server), path);
        },
      );
    });
    return {
      about:
        `A model that takes ${CALL_MS} ms a call, for up to ${BATCH_SIZE} inputs: ${LIMIT} requests/s is the most it can do. ${CLIENTS} clients, and then ` +
        'one alone, whose wait is what a request takes beyond a call of the model.',
      absent: [],
      judgedBy: 'perSecond',
      columns: [
        { key: 'share', label: 'of the limit', digits: 3 },
        { key: 'perSecond', label: 'requests/s', digits: 0 },
        { key: 'p50', label: 'p50 ms', digits: 1 },
        { key: 'p99', label: 'p99 ms', digits: 1 },
        { key: 'loneWait', label: 'alone: wait p50 ms', digits: 1 },
      ],
      rows: [...measured].map(([name, rounds]) => ({ name, samples: columnsOf(rounds) })),
    };
  },
};

async function measure(
  bench: Bench,
  { port }: Server,
  path: string,
): Promise<Record<'share' | 'perSecond' | 'p50' | 'p99' | 'loneWait', number>> {
  const load = { kind: 'closed', port, requests: [{ path, body }] } as const;
  const full = await bench.generator.run({ ...load, clients: CLIENTS, durationMs: bench.windowMs });
  const lone = await bench.generator.run({ ...load, clients: 1, durationMs: bench.windowMs / 2 });
  checkAllGood(path, full);
  const perSecond = full.sent / (full.durationMs / 1000);
  const { p50, p99 } = full.latencyMs;
  return { share: perSecond / LIMIT, perSecond, p50, p99, loneWait: lone.latencyMs.p50 - CALL_MS };
}
