import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { LoadJob, LoadResult } from '../load/load.types.js';
import { pinTo } from './pinning.js';

/** One child process that loads the servers, so that it has a core of its own and stays warm from one measurement to the next. */
export class LoadGenerator {
  private readonly child: ChildProcess = fork(fileURLToPath(new URL('../load/main.js', import.meta.url)));

  constructor() {
    pinTo(0, this.child.pid);
  }

  async run(job: LoadJob): Promise<LoadResult> {
    const answered = once(this.child, 'message');
    this.child.send(job);
    const [result] = (await answered) as [LoadResult];
    return result;
  }

  async stop(): Promise<void> {
    const exited = once(this.child, 'exit');
    this.child.disconnect();
    await exited;
  }
}
