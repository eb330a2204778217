import { nestageServer, withServers } from '../harness/candidates.js';
import { statusBytes } from '../harness/process-usage.js';
import { columnsOf, inRounds } from '../harness/rounds.js';
import type { Server } from '../harness/server-process.js';
import { uploadFile } from '../harness/upload-file.js';
import type { Scenario } from './scenario.js';
import { serverOf } from './throughput.js';

const MEGABYTE = 1024 * 1024;
const FILE_BYTES = 20 * MEGABYTE;
const BUDGET_BYTES = 200 * MEGABYTE;
const CLIENTS = 50;

const rows = ['express', 'fastify'].flatMap((adapter) =>
  ['memory', 'disk'].map((place) => ({ name: `${adapter}, ${place}`, adapter, place })),
);

export const uploads: Scenario = {
  id: 'uploads',
  title: 'Uploads',
  run: async (bench) => {
    const clients = bench.isQuick ? 5 : CLIENTS;
    const measured = await inRounds(
      rows.map(({ name }) => name),
      1,
      async (name) => {
        bench.tell(name);
        const { adapter, place } = rows.find((row) => row.name === name) ?? rows[0];
        const spec = {
          ...nestageServer('nestage-uploads', { ADAPTER: adapter, BUDGET: String(BUDGET_BYTES), FOLDER: '.' }),
          isPinned: false,
        };
        return withServers([{ name, spec }], (servers) => measure(serverOf(servers, name), place, clients));
      },
    );
    return {
      about:
        `${clients} uploads of ${FILE_BYTES / MEGABYTE} MB at once, with maxBodyBytesInFlight of ${BUDGET_BYTES / MEGABYTE} MB for all bodies. In memory ` +
        'the budget decides who is served; on disk all are.',
      absent: [],
      judgedBy: 'seconds',
      columns: [
        { key: 'served', label: 'served', digits: 0 },
        { key: 'refused', label: 'refused', digits: 0 },
        { key: 'seconds', label: 's', digits: 1 },
        { key: 'idleMb', label: 'RSS MB before', digits: 0 },
        { key: 'peakMb', label: 'at most', digits: 0 },
      ],
      rows: [...measured].map(([name, rounds]) => ({ name, samples: columnsOf(rounds) })),
    };
  },
};

async function measure(
  { url, pid }: Server,
  place: string,
  clients: number,
): Promise<Record<'served' | 'refused' | 'seconds' | 'idleMb' | 'peakMb', number>> {
  const upload = (): Promise<number> => uploadFile(`${url}/${place}`, FILE_BYTES);
  await upload();
  const idleMb = statusBytes(pid, 'VmRSS') / 1e6;
  const startedAt = performance.now();
  const statuses = await Promise.all(Array.from({ length: clients }, upload));
  const served = statuses.filter((status) => status === 200).length;
  const seconds = (performance.now() - startedAt) / 1000;
  return { served, refused: clients - served, seconds, idleMb, peakMb: statusBytes(pid, 'VmHWM') / 1e6 };
}
