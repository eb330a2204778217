// Sends 50 000 requests to the built echo service, a tenth of them bad, and prints its heap and RSS on the way: a flat line is wanted.
// Run after `npm run build`. The service runs in its own process with --expose-gc, and tells its memory on a line of its own.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { Agent, request } from 'node:http';
import { readFileSync } from 'node:fs';

const REQUESTS = 50_000;
const CLIENTS = 32;
const SAMPLES = 10;

const sampler = `setInterval(() => { globalThis.gc(); const { heapUsed, rss } = process.memoryUsage(); process.stderr.write('memory ' + heapUsed + ' ' + rss + '\\n'); }, 200).unref();`;
const service = spawn(
  process.execPath,
  ['--expose-gc', '--import', `data:text/javascript,${encodeURIComponent(sampler)}`, 'dist/apps/echo/src/main.js'],
  { env: { ...process.env, PORT: '0', LOG_FILE: 'false' }, stdio: ['ignore', 'pipe', 'pipe'] },
);
let memory = { heapUsed: 0, rss: 0 };
service.stderr.on('data', (chunk) => {
  const last = [...chunk.toString().matchAll(/memory (\d+) (\d+)/g)].at(-1);
  if (last) memory = { heapUsed: Number(last[1]), rss: Number(last[2]) };
});
const url = await new Promise((resolve) => {
  let text = '';
  service.stdout.on('data', (chunk) => {
    if (text.length < 100_000) text += chunk;
    const match = /is ready on (http:\S+)/.exec(text);
    if (match) resolve(match[1]);
  });
});

const agent = new Agent({ keepAlive: true, maxSockets: CLIENTS });
let sent = 0;
const statuses = {};
const every = REQUESTS / SAMPLES;

async function client() {
  while (sent < REQUESTS) {
    const number = sent++;
    if (number % every === 0) report(number);
    const outgoing = request(`${url}/chat`, { method: 'POST', agent, headers: { 'content-type': 'application/json' } });
    outgoing.end(number % 10 === 0 ? '{"message":5}' : '{"message":"hello"}');
    const [response] = await once(outgoing, 'response');
    statuses[response.statusCode] = (statuses[response.statusCode] ?? 0) + 1;
    await once(response.resume(), 'end');
  }
}

function report(number) {
  const { heapUsed, rss } = memory;
  console.log(`${String(number).padStart(6)} requests: heap ${(heapUsed / 1e6).toFixed(1)} MB, RSS ${(rss / 1e6).toFixed(0)} MB`);
}

await Promise.all(Array.from({ length: CLIENTS }, client));
await new Promise((resolve) => setTimeout(resolve, 500));
report(REQUESTS);
console.log(`answers: ${JSON.stringify(statuses)}, node ${process.version}, ${readFileSync('/proc/loadavg', 'utf8').trim()}`);
agent.destroy();
service.kill('SIGTERM');
