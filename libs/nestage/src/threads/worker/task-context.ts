import type { LogWriter } from '../../core/log/log-writer.js';
import { StageLogger } from '../../core/log/stage-logger.js';
import type { WireContext } from '../wire/messages.js';
import { FlaggedSignal } from './flagged-signal.js';
import type { WorkerContext } from './worker-task.js';

/** @internal */
export interface TaskContextInit {
  readonly request: WireContext;
  readonly aborts: Int32Array;
  /** Its place in the shared memory. */
  readonly index: number;
  readonly writer: LogWriter;
}

/** The context of one input, on the worker's side. What costs anything is made when first asked for. @internal */
export class TaskContext implements WorkerContext {
  readonly logId: string;
  readonly deadline: number | undefined;
  readonly path: string;
  readonly headers: WireContext['headers'];
  readonly origin: WireContext['origin'];
  private flagged: FlaggedSignal | undefined;
  private boundLogger: StageLogger | undefined;

  constructor(private readonly init: TaskContextInit) {
    const { logId, deadline, path, headers, origin } = init.request;
    this.logId = logId;
    this.deadline = deadline;
    this.path = path;
    this.headers = headers;
    this.origin = origin;
  }

  get signal(): AbortSignal {
    this.flagged ??= new FlaggedSignal(this.init.aborts, this.init.index);
    this.flagged.look();
    return this.flagged.signal;
  }

  get logger(): StageLogger {
    return (this.boundLogger ??= new StageLogger(this.init.writer, this.logId));
  }

  /** Fires the signal if it is aborted and anybody has asked for it. */
  look(): void {
    this.flagged?.look();
  }
}
