// How well a service answers its liveness probe while it reads large pictures: 4 clients post pages of A4 for 20 s and /health/live is asked all the
// time, once of the built service, which reads in worker threads, and once of a service that reads in its main thread. The idle figures before each say
// what the machine itself adds.
//
//   npm run build && node bench/liveness.mjs
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { setTimeout as sleep } from 'node:timers/promises';
import sharp from 'sharp';

const durationMs = 20_000;
const idleMs = 5_000;
const clientCount = 4;
const pageCount = 4;
const probeEveryMs = 10;
/** A4 at 150 dots an inch. */
const page = { width: 1240, height: 1754 };

const services = [
  ['worker threads', '../dist/apps/vision-chat/src/main.js'],
  ['main thread', './in-process.mjs'],
];

const pages = await Promise.all(Array.from({ length: pageCount }, (_, number) => renderPage(number)));
console.log(`${clientCount} clients, pages of ${page.width} x ${page.height}, ${durationMs / 1000} s each`);
for (const [name, main] of services) {
  const service = await start(fileURLToPath(new URL(main, import.meta.url)));
  try {
    await read(service.url, pages[0]);
    report(`${name}, idle`, await measure(service.url, { durationMs: idleMs, clientCount: 0 }));
    report(name, await measure(service.url, { durationMs, clientCount }));
  } finally {
    await service.stop();
  }
}

/** Forty lines of text, as a scanned letter has them. */
async function renderPage(number) {
  const line = (index) => `Page ${number + 1}, line ${index + 1}: the quick brown fox jumps over the lazy dog ${index * 37}`;
  const text = Array.from({ length: 40 }, (_, index) => line(index)).join('\n');
  const rendered = await sharp({ text: { text, font: 'DejaVu Sans 22', dpi: 72, rgba: true, spacing: 14 } })
    .png()
    .toBuffer();
  return sharp({ create: { ...page, channels: 3, background: 'white' } })
    .composite([{ input: rendered, left: 90, top: 90 }])
    .jpeg({ quality: 90 })
    .toBuffer();
}

/** Runs a service on a free port and waits until it is ready. */
async function start(main) {
  const child = spawn(process.execPath, [main], {
    env: { ...process.env, PORT: '0', LOG_FILE: 'false' },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const exited = once(child, 'exit');
  const url = await readyUrl(child.stdout);
  child.stdout.resume();
  const stop = async () => {
    child.kill('SIGTERM');
    await exited;
  };
  return { url, stop };
}

async function readyUrl(output) {
  let text = '';
  for await (const chunk of output.iterator({ destroyOnReturn: false })) {
    text += chunk;
    const url = /is ready on (http:\S+)/.exec(text)?.[1];
    if (url) return url;
  }
  throw new Error(`the service ended before it was ready:\n${text}`);
}

async function read(url, image) {
  const form = new FormData();
  form.append('file', new File([image], 'page.jpg', { type: 'image/jpeg' }));
  const response = await fetch(`${url}/v1/documents/recognize`, { method: 'POST', body: form });
  const { lines } = await response.json();
  if (response.status !== 200 || lines.length < 40) throw new Error(`a page was answered with ${response.status}, ${lines?.length} lines`);
}

async function measure(url, { durationMs, clientCount }) {
  const startedAt = performance.now();
  const endsAt = startedAt + durationMs;
  const latencies = [];
  let pagesRead = 0;
  const client = async (number) => {
    for (let i = number; performance.now() < endsAt; i++) {
      await read(url, pages[i % pages.length]);
      pagesRead++;
    }
  };
  // Each probe starts on time, whether those before it have been answered or not: an answer that takes long must not hide others.
  const probes = [];
  const probe = async () => {
    for (let due = startedAt; due < endsAt; due += probeEveryMs) {
      await sleep(Math.max(0, due - performance.now()));
      probes.push(ask(`${url}/health/live`, due).then((latency) => latencies.push(latency)));
    }
    await Promise.all(probes);
  };
  await Promise.all([probe(), ...Array.from({ length: clientCount }, (_, number) => client(number))]);
  return { latencies, pagesPerSecond: pagesRead / ((performance.now() - startedAt) / 1000) };
}

async function ask(url, due) {
  const response = await fetch(url);
  await response.text();
  if (response.status !== 200) throw new Error(`the probe was answered with ${response.status}`);
  return performance.now() - due;
}

function report(name, { latencies, pagesPerSecond }) {
  const sorted = latencies.sort((a, b) => a - b);
  const at = (share) => `${sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))].toFixed(1)} ms`;
  const figures = `p50 ${at(0.5)}, p99 ${at(0.99)}, max ${at(1)} of ${sorted.length} probes; ${pagesPerSecond.toFixed(2)} pages/s`;
  console.log(`${name.padEnd(20)} ${figures}`);
}
