import { ResourceMonitor } from '../../libs/nestage/src/core/resources/resource-usage.js';
import { resolveLoggingOptions } from '../../libs/nestage/src/logging/logging.options.js';
import { ServiceLogWriter } from '../../libs/nestage/src/logging/service-log-writer.js';

// A process of its own for logging-process.e2e-spec.ts: writes numbered lines and ends in the way it is told.
const [how = '', file = '', label = '', count = '10000'] = process.argv.slice(2);
const total = Number(count);

class IdleMachine extends ResourceMonitor {
  readonly usage = { cpu: 1, memory: 2, gpu: 0 };
}

const writer = new ServiceLogWriter(resolveLoggingOptions({ file, console: false }, 'the test'), new IdleMachine());
let next = 0;

function writeUpTo(end: number): void {
  while (next < end) writer.write('INFO', `${label} number ${next++}`);
}

/** Half of the lines in turns of 100, so that some are on the disk, some under way and some waiting when the rest comes at once. */
async function writeHalf(): Promise<void> {
  for (let end = 100; end <= total / 2; end += 100) {
    writeUpTo(end);
    await new Promise((resolve) => setImmediate(resolve));
  }
}

const endings: Readonly<Record<string, () => Promise<void>>> = {
  async sigterm() {
    process.once('SIGTERM', () => {
      writeUpTo(total - 10);
      void writer.close().then(async () => {
        writeUpTo(total); // whoever shuts down later still has something to say
        await writer.flush();
        process.exit(0);
      });
    });
    const keepAlive = setInterval(() => undefined, 1000);
    keepAlive.ref();
    await writeHalf();
    process.stdout.write('ready\n');
  },
  async uncaught() {
    process.once('uncaughtException', (error) => {
      writer.write('FATAL', `Uncaught exception: ${error.message}`);
      void writer.flush().then(() => process.exit(1));
    });
    await writeHalf();
    setImmediate(() => {
      writeUpTo(total);
      throw new Error('nobody catches this');
    });
  },
  async exit() {
    process.once('exit', () => writer.flushSync());
    await writeHalf();
    writeUpTo(total - 10);
    await new Promise((resolve) => setImmediate(resolve)); // a chunk is under way now
    writeUpTo(total);
    process.exit(3);
  },
  async firstTurn() {
    process.once('exit', () => writer.flushSync());
    writeUpTo(total);
    process.exit(3);
  },
  async natural() {
    await writeHalf();
    writeUpTo(total);
  },
};

await endings[how]?.();
