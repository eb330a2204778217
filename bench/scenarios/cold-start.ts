import { appServer, nodeServer } from '../harness/candidates.js';
import { usageOf } from '../harness/process-usage.js';
import { columnsOf, inRounds } from '../harness/rounds.js';
import { type ServerSpec, startServer } from '../harness/server-process.js';
import type { Scenario } from './scenario.js';

const candidates: Readonly<Record<string, ServerSpec>> = {
  'node:http': nodeServer('node-http'),
  'Nest on Express': nodeServer('nest', { ADAPTER: 'express' }),
  'nestage, apps/echo': appServer('echo'),
  'nestage, apps/vision-chat': { ...appServer('vision-chat'), isPinned: false },
};

export const coldStart: Scenario = {
  id: 'start',
  title: 'Cold start',
  run: async (bench) => {
    const measured = await inRounds(Object.keys(candidates), Math.min(3, bench.rounds), async (name, round) => {
      bench.tell(`round ${round + 1}: ${name}`);
      const server = await startServer(candidates[name]);
      const figures = { readyMs: server.readyMs, rssMb: usageOf(server.pid).rssBytes / 1e6 };
      await server.stop();
      return figures;
    });
    return {
      about:
        'From the start of the process until requests are served: for the apps, /health/ready answers 200; vision-chat has then read a first picture.',
      absent: [],
      judgedBy: 'readyMs',
      columns: [
        { key: 'readyMs', label: 'ready after ms', digits: 0 },
        { key: 'rssMb', label: 'RSS MB', digits: 0 },
      ],
      rows: [...measured].map(([name, rounds]) => ({ name, samples: columnsOf(rounds) })),
    };
  },
};
