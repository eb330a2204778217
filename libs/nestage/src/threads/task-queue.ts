import type { StageContext } from '../core/context/stage-context.js';
import type { WorkerCall } from './worker-call.js';

/** A call with the requests that it is made for. @internal */
export interface Task {
  readonly call: WorkerCall;
  readonly contexts: readonly StageContext[];
  /** When it came, by the monotonic clock. */
  readonly since: number;
}

/** The tasks of a pool: those that wait, first come, first served, and those that threads are at. @internal */
export class TaskQueue {
  private readonly waiting = new Map<WorkerCall, Task>();
  private readonly running = new Map<WorkerCall, Task>();
  private onRest: () => void = () => undefined;

  get load(): number {
    return this.running.size + this.waiting.size;
  }

  get queued(): number {
    return this.waiting.size;
  }

  get busy(): number {
    return this.running.size;
  }

  add(task: Task): void {
    this.waiting.set(task.call, task);
  }

  /** Moves the one that has waited longest to a thread. */
  take(): Task | undefined {
    const [task] = this.waiting.values();
    if (!task) return undefined;
    this.waiting.delete(task.call);
    this.running.set(task.call, task);
    return task;
  }

  /** One that waits leaves. */
  leave(call: WorkerCall): void {
    this.waiting.delete(call);
  }

  /** A thread is through with one. */
  finish(call: WorkerCall): Task | undefined {
    const task = this.running.get(call);
    this.running.delete(call);
    if (this.running.size === 0) this.onRest();
    return task;
  }

  /** Rejects all, and has threads stop as soon as they can. */
  cancel(reason: Error): void {
    for (const { call } of [...this.waiting.values(), ...this.running.values()]) call.cancel(reason);
  }

  /** Fails those that wait. */
  refuse(error: Error): void {
    for (const call of this.waiting.keys()) call.fail(error);
    this.waiting.clear();
  }

  /** Resolves when no thread is at a task. */
  atRest(): Promise<void> {
    return this.running.size === 0 ? Promise.resolve() : new Promise((resolve) => (this.onRest = resolve));
  }
}
