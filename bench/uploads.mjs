// What uploads cost in memory: 50 uploads of 20 MB at once, with 200 MB for all bodies in flight, on both adapters. In memory the budget decides who is
// served; on disk all are. Prints how many were answered with what, and the peak of the service's resident memory.
//
//   node bench/uploads.mjs
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { Agent, request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { setTimeout as sleep } from 'node:timers/promises';

const uploadCount = 50;
const fileBytes = 20 * 1024 * 1024;
const budgetBytes = 200 * 1024 * 1024;
const hook = fileURLToPath(new URL('../test/support/typescript-hook.mjs', import.meta.url));
const main = fileURLToPath(new URL('./uploads-service.ts', import.meta.url));

const head = Buffer.from('--b\r\ncontent-disposition: form-data; name="file"; filename="a.png"\r\n\r\n\x89PNG\r\n\x1a\n', 'latin1');
const tail = Buffer.from('\r\n--b--\r\n');
const block = Buffer.alloc(64 * 1024, 7);

console.log(`${uploadCount} uploads of ${mb(fileBytes)} at once, ${mb(budgetBytes)} for all bodies`);
for (const adapter of ['express', 'fastify']) {
  for (const place of ['memory', 'disk']) await measure(adapter, place);
}

async function measure(adapter, place) {
  const folder = mkdtempSync(join(tmpdir(), 'uploads-bench-'));
  const child = spawn(process.execPath, ['--import', hook, main], {
    env: { ...process.env, ADAPTER: adapter, BUDGET: String(budgetBytes), FOLDER: folder, PORT: '0', LOG_FILE: 'false' },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  try {
    const url = await ready(child);
    await upload(`${url}/${place}`);
    const idle = residentBytes(child.pid, 'VmRSS');
    const startedAt = performance.now();
    const statuses = await Promise.all(Array.from({ length: uploadCount }, () => upload(`${url}/${place}`)));
    const tookMs = performance.now() - startedAt;
    const counts = [...new Set(statuses)].map((status) => `${statuses.filter((each) => each === status).length} x ${status}`);
    await sleep(500);
    console.log(
      `${adapter}, ${place}: ${counts.join(', ')} in ${(tookMs / 1000).toFixed(1)} s; resident ${mb(idle)} before, ` +
        `${mb(residentBytes(child.pid, 'VmHWM'))} at most, ${mb(residentBytes(child.pid, 'VmRSS'))} after; files left: ${readdirSync(folder).length}`,
    );
  } finally {
    child.kill('SIGTERM');
    await once(child, 'exit');
    rmSync(folder, { recursive: true });
  }
}

async function ready(child) {
  let text = '';
  for await (const chunk of child.stdout) {
    text += chunk;
    const url = /is ready on (http:\S+)/.exec(text)?.[1];
    if (url) {
      child.stdout.resume();
      return url;
    }
  }
  throw new Error(`the service ended before it was ready:\n${text}`);
}

/** Resolves to the status, or to the error's code where the connection was cut. */
function upload(url) {
  return new Promise((resolve) => {
    const headers = { 'content-type': 'multipart/form-data; boundary=b', 'content-length': head.length + fileBytes + tail.length };
    const outgoing = request(url, { method: 'POST', headers, agent: new Agent() }, (response) => {
      response.resume().once('end', () => {
        resolve(response.statusCode);
        outgoing.destroy();
      });
    });
    outgoing.once('error', ({ code }) => resolve(code));
    send(outgoing);
  });
}

/** Sends as fast as the service takes it, and no more once the connection is gone. */
function send(outgoing) {
  let sent = 0;
  outgoing.write(head);
  const more = () => {
    while (sent < fileBytes && !outgoing.destroyed) {
      sent += block.length;
      if (!outgoing.write(block)) return void outgoing.once('drain', more);
    }
    if (!outgoing.destroyed) outgoing.end(tail);
  };
  more();
}

/** A figure of /proc/<pid>/status, such as VmRSS (now) and VmHWM (at most). */
function residentBytes(pid, name) {
  return Number(new RegExp(`^${name}:\\s+(\\d+) kB`, 'm').exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0) * 1024;
}

function mb(bytes) {
  return `${Math.round(bytes / 1024 / 1024)} MB`;
}
