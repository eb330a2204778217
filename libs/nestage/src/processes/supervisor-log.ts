import type { SupervisedWorker } from './supervised-worker.js';

type Level = 'INFO' | 'WARNING' | 'ERROR';

/** Lines kept while there is no worker. */
const MAX_WAITING = 100;

/**
 * The supervisor's lines. It has no log of its own: a worker that is well writes them into the service's, in its format and by its sinks.
 * While there is none they wait.
 * @internal
 */
export class SupervisorLog {
  private readonly waiting: { readonly level: Level; readonly text: string }[] = [];

  constructor(private readonly workers: () => readonly SupervisedWorker[]) {}

  say(level: Level, text: string): void {
    if (this.waiting.length >= MAX_WAITING) this.waiting.shift();
    this.waiting.push({ level, text });
    this.flush();
  }

  /** To be called when a worker can write. */
  flush(): void {
    const able = this.workers().filter(
      ({ hasStarted, isGone, state }) => hasStarted && !isGone && (state === 'ready' || state === 'not_ready'),
    );
    const [writer] = able.sort((a, b) => b.lastHeardAt - a.lastHeardAt);
    if (!writer) return;
    for (const line of this.waiting.splice(0)) writer.send({ kind: 'log', ...line });
  }

  /** Writes what waits, and a last line, to the standard error: no worker will. */
  shout(level: string, text: string): void {
    for (const line of [...this.waiting.splice(0), { level, text }]) process.stderr.write(`[${line.level}] ${line.text}\n`);
  }
}
