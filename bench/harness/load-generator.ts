import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { ClosedLoad, LoadJob, LoadResult } from '../load/load.types.js';
import { hasTwoCores, pinTo } from './pinning.js';

/** One child process that loads the servers, so that it has a core of its own and stays warm from one measurement to the next. */
export class LoadGenerator {
  private readonly child: ChildProcess;
  private readonly exited: Promise<unknown>;

  /** @param file the program of the child */
  constructor(file = fileURLToPath(new URL('../load/main.js', import.meta.url))) {
    this.child = fork(file, { serialization: 'advanced' }); // JSON would make null of a latency that is NaN
    this.exited = once(this.child, 'exit');
    pinTo(0, this.child.pid);
  }

  /** @throws Error when the child ends before it has an answer */
  async run(job: LoadJob): Promise<LoadResult> {
    const answered = once(this.child, 'message') as Promise<[LoadResult]>;
    if (this.child.connected) this.child.send(job);
    const first = await Promise.race([answered, this.exited.then(() => undefined)]);
    if (first === undefined) throw new Error('the load generator has ended');
    return first[0];
  }

  /** As many requests as a server that has a core of its own can take, one after the other by each client. @throws as `run` */
  saturate(load: Pick<ClosedLoad, 'port' | 'requests' | 'durationMs' | 'clients'>): Promise<LoadResult> {
    return this.run({ kind: 'closed', ...load, isAwake: hasTwoCores() });
  }

  async stop(): Promise<void> {
    if (this.child.connected) this.child.disconnect();
    await this.exited;
  }
}
